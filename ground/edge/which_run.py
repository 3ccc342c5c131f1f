"""Which run is served: it keeps its name over its deaths and the edge's, and no other has it."""

import secrets
from pathlib import Path

import msgspec

from flight.configuration.outside_files import UNDECODABLE
from ground.edge.private_files import keep_private, read_private

FILE = "which_run.json"


class _Kept(msgspec.Struct, frozen=True):
    """The name, and the life of the run in which it was given or was kept last."""

    run: str = ""
    life: str = ""


class RunName:
    """Of the run in a folder, kept beside its sessions."""

    def __init__(self, state: Path) -> None:
        self._file = state / FILE
        try:
            self._kept = msgspec.json.decode(read_private(self._file) or b"{}", type=_Kept)
        except UNDECODABLE:  # it says nothing: the run is called anew
            self._kept = _Kept()

    @property
    def run(self) -> str:
        """The name; empty where no run has begun."""
        return self._kept.run

    def begins(self, life: str, resumes: bool) -> None:
        """A life of a run begins, or is met again; `resumes`: it goes on where one before ended."""
        if life == self._kept.life:
            return
        run = self._kept.run if resumes else ""
        self._kept = _Kept(run or secrets.token_hex(8), life)
        keep_private(self._file, msgspec.json.encode(self._kept))

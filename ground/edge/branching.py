"""A trainer's wish to go on from an instant in another run: checked here, and left for who starts
runs. The edge starts none."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.outside_files import UNDECODABLE
from ground.api.training import Branch
from ground.edge.private_files import write_private

BRANCH = "branch.json"
NANOSECONDS = 1_000_000_000
MOST_NAMES = 1000  # folders of one name that are tried

Plain = dict[str, Any]


class Wish(msgspec.Struct, frozen=True):
    """Which folder, and from where: a checkpoint, or seconds of mission time."""

    folder: str
    at: str


def read_wish(state: Path) -> Wish | None:
    """What was wished for, once; None: nothing."""
    file = state / BRANCH
    try:
        data = file.read_bytes()
    except OSError:
        return None
    file.unlink(missing_ok=True)
    try:
        return msgspec.json.decode(data, type=Wish)
    except UNDECODABLE:
        return None


def seconds_of(time_ns: int) -> str:
    """Nanoseconds in seconds, to the last digit: a float has too few of them after 104 days."""
    text = format(Decimal(time_ns) / NANOSECONDS, "f")
    return text if "." in text else f"{text}.0"


def _named(run: Path) -> Path:
    """A run's folder by its name, also where it was given as `.`."""
    return run.resolve() if run.name in ("", "..") else run


def free_name(run: Path, at: str) -> Path:
    """A folder beside a run's, called after it and the instant, that is not there yet."""
    run = _named(run)
    name = f"{run.name}-{re.sub(r'[^A-Za-z0-9_-]', '_', at.partition('.')[0])}"
    for number in range(1, MOST_NAMES):
        found = run.with_name(name if number == 1 else f"{name}-{number}")
        if not found.exists():
            return found
    raise ValueError(f"there are {MOST_NAMES} runs called {name} already")


@dataclass
class Branching:
    """Of the edge of one run. `supervised`: whether somebody starts runs; `ask`: asks the run."""

    folder: Path
    state: Path
    supervised: bool
    ask: Callable[[str, str, str, Plain], Awaitable[Plain]]
    now_ns: Callable[[], int]

    async def branch(self, user: str, asked: Branch) -> Plain:
        """Leaves the wish, or says why not."""
        if not self.supervised:
            return _refused(
                "nobody starts runs here: `msr console --demo` does, and `msr fly --from "
                f"{self.folder} --branch AT --pace R --out FOLDER` flies a branch by itself"
            )
        if (asked.checkpoint is None) == (asked.t_ns is None):
            return _refused("allowed is one of checkpoint and t_ns")
        told = await self.ask(user, "", "branch", {"do": "checkpoints"})
        if not told.get("ok"):
            return told
        at = asked.checkpoint
        if at is None:
            assert asked.t_ns is not None
            if not 0 <= asked.t_ns <= self.now_ns():
                return _refused(f"t_ns = {asked.t_ns}: allowed is 0 to {self.now_ns()}, now")
            at = seconds_of(asked.t_ns)
        names = [each["name"] for each in told["result"]["checkpoints"]]
        if asked.checkpoint is not None and at not in names:
            allowed = ", ".join(names) or "none"
            return _refused(f"checkpoint = {at!r}: allowed is one of {allowed}")
        try:
            run = _named(self.folder)
            out = run.with_name(asked.folder) if asked.folder else free_name(run, at)
        except ValueError as error:
            return _refused(str(error))
        if out.exists():
            return _refused(f"folder = {out.name!r}: there is one already; a branch gets its own")
        write_private(self.state / BRANCH, msgspec.json.encode(Wish(str(out), at)))
        return {"ok": True, "result": {"folder": str(out), "at": at}}


def _refused(sentence: str) -> Plain:
    return {"ok": False, "refused": sentence}

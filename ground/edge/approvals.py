"""Approvals do not last: people's time is wall time, which only the edge knows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from ground.api.times import DEFAULT_TIMES, Times
from ground.edge.private_files import keep_private, read_private

EDGE = "edge"
"""Who expires; no person may be called so."""

SET_BACK = 60.0
"""Wall seconds by which an hour may lie ahead: a clock that is corrected does so, one that is set
back would have approvals last longer."""

Row = dict[str, Any]


class Approvals:
    """When what is approved was approved, in wall seconds since 1970, over restarts of the edge.

    One of which nobody knows the hour is over at once.
    """

    def __init__(
        self, file: Path, now: Callable[[], float], times: Times = DEFAULT_TIMES
    ) -> None:
        self._file, self._now = file, now
        self._lasts = times.approval_minutes * 60.0
        data = read_private(file)
        try:
            kept = {} if data is None else msgspec.json.decode(data, type=dict[str, float])
        except UNDECODABLE as error:
            problem = f"no list of approvals ({error}); remove it: they are asked for anew"
            raise ConfigurationError(str(file), None, "", problem) from error
        self._kept: dict[str, float] = kept
        self._given: dict[str, str] = {}  # stage: hash
        self._changed = False  # since it was kept

    def forget(self) -> None:
        """Another life of the run begins; what is approved in it is told anew."""
        self._given = {}

    def heard(self, rows: Sequence[Row], before: bool = False) -> None:
        """Entries of the journal; `before`: they were there before the edge listened, and an
        approval of which it knows no hour is over."""
        hour = self._now() - (self._lasts if before else 0.0)
        for row in rows:
            if row["topic"] != "stack":
                continue
            item = row["data"]
            if item.get("state") == "approved":
                name = self._note(item)
                self._changed = self._changed or name not in self._kept
                self._kept.setdefault(name, hour)
            else:
                self._changed = self._drop(str(item.get("stage"))) or self._changed
        if self._changed:
            self._changed = not keep_private(self._file, msgspec.json.encode(self._kept))

    def over(self) -> Mapping[str, str]:
        """Stages whose approval is over, and the hash that was approved."""
        now = self._now()
        limit = now - self._lasts
        return {
            stage: digest
            for stage, digest in self._given.items()
            if not limit < self._kept.get(f"{stage} {digest}", limit) <= now + SET_BACK
        }

    def done(self, stage: str) -> None:
        """The run has been told, and has answered."""
        self._drop(stage)

    def _note(self, item: Mapping[str, Any]) -> str:
        stage, digest = str(item.get("stage")), str(item.get("hash"))
        self._given[stage] = digest
        return f"{stage} {digest}"

    def _drop(self, stage: str) -> bool:
        digest = self._given.pop(stage, None)
        return digest is not None and self._kept.pop(f"{stage} {digest}", None) is not None

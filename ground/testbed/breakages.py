"""What was configured to break in a run, and whether it did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ground.missions.mission import Failure
from ground.testbed.faults.mission_failures import fault_id
from ground.testbed.kills import Kill


@dataclass(frozen=True)
class Breakage:
    """One failure or kill: what breaks, how, when it was due (words), and when it came (s of
    mission time); `remark` says why it never did."""

    what: str
    target: str
    mode: str
    due: str
    fired: float | None = None
    remark: str = ""


class Breakages:
    """The account of all that is to break."""

    def __init__(self, failures: Iterable[Failure], kills: Iterable[Kill]) -> None:
        self._failures = list(failures)
        self._kills = list(kills)
        self._killed: dict[int, tuple[float | None, str]] = {}

    def killed(self, index: int, time: float) -> None:
        """A kill has come."""
        self._killed[index] = (time, "")

    def spared(self, index: int, why: str) -> None:
        """A kill found nobody to kill."""
        self._killed[index] = (None, why)

    def all(self, began: Mapping[str, float]) -> tuple[Breakage, ...]:
        """Of a run that has ended; `began`: when each of its faults did."""
        found = [
            _of_failure(failure, began.get(fault_id(index)))
            for index, failure in enumerate(self._failures)
        ]
        for index, kill in enumerate(self._kills):
            fired, why = self._killed.get(index, (None, "the run had ended before"))
            due = f"at {kill.at:g} s"
            found.append(Breakage("kill", kill.role, "", due, fired, why))
        return tuple(found)


def _of_failure(failure: Failure, fired: float | None) -> Breakage:
    if failure.tubes is not None:
        due = f"as soon as {failure.tubes.count} tubes are at {failure.tubes.place}"
        why = "so many tubes never were there"
    else:
        due = f"after {failure.after_sols:g} sols"
        why = "the run had ended before"
    why = "" if fired is not None else why
    return Breakage(failure.what, failure.target, failure.mode, due, fired, why)

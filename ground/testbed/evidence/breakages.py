"""What was configured to break in a run, and whether it did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ground.missions.mission import Failure
from ground.testbed.faults.mission_failures import fault_id
from ground.testbed.kills import Kill
from sim_hw.faults.fault import After, At, Chance, Fault, Hit, InState, Nth, Trigger, Tubes


@dataclass(frozen=True)
class Breakage:
    """One failure, kill or fault: what breaks, how, when it was due (words), and when it came, or
    first changed something (s of mission time); `remark` says why it never did."""

    what: str
    target: str
    mode: str
    due: str
    fired: float | None = None
    remark: str = ""


class Breakages:
    """The account of all that is to break."""

    def __init__(
        self, failures: Iterable[Failure], kills: Iterable[Kill], faults: Iterable[Fault] = ()
    ) -> None:
        self._failures = list(failures)
        self._kills = list(kills)
        self._faults = list(faults)
        self._killed: dict[int, tuple[float | None, str]] = {}

    def killed(self, index: int, time: float) -> None:
        """A kill has come."""
        self._killed[index] = (time, "")

    def spared(self, index: int, why: str) -> None:
        """A kill found nobody to kill."""
        self._killed[index] = (None, why)

    def all(self, began: Mapping[str, float], hits: Iterable[Hit] = ()) -> tuple[Breakage, ...]:
        """Of a run that has ended; `began`: when each of its faults did; `hits`: what they hit."""
        found = [
            _of_failure(failure, began.get(fault_id(index)))
            for index, failure in enumerate(self._failures)
        ]
        for index, kill in enumerate(self._kills):
            fired, why = self._killed.get(index, (None, "the run had ended before"))
            due = f"at {kill.at:g} s"
            found.append(Breakage("kill", kill.role, "", due, fired, why))
        first: dict[str, float] = {}
        for hit in hits:
            first.setdefault(hit.fault, hit.time)
        found += [_of_fault(each, began.get(each.id), first.get(each.id)) for each in self._faults]
        return tuple(found)


def _of_fault(fault: Fault, began: float | None, hit: float | None) -> Breakage:
    why = ""
    if hit is None:
        why = "its time never came"
        if began is not None:
            why = f"it began at {began:.1f} s and met nothing that it could change"
    where = fault.words().partition(" of ")[2]
    return Breakage("fault", where, fault.kind.name(), due_words(fault.when), hit, why)


def due_words(when: Trigger | None) -> str:
    """When a fault is due, for people."""
    match when:
        case None:
            return "at once"
        case At():
            return f"at {when.at:g} s"
        case After():
            times = f" has been told {when.times} times" if when.times > 1 else ""
            delay = f"{when.delay:g} s after" if when.delay else "after"
            return f"{delay} {when.after}{times}"
        case InState():
            held = f" for {when.held:g} s" if when.held else ""
            return f"in {when.state}{held}"
        case Nth():
            return f"from call {when.nth} on"
        case Chance():
            per = f"in {when.per:g} s" if when.per is not None else "a call"
            return f"with probability {when.probability:g} {per}"
        case Tubes():
            return f"as soon as {when.tubes} tubes are at {when.place}"


def _of_failure(failure: Failure, fired: float | None) -> Breakage:
    if failure.tubes is not None:
        due = due_words(Tubes(tubes=failure.tubes.count, place=failure.tubes.place))
        why = "so many tubes never were there"
    else:
        due = f"after {failure.after_sols:g} sols"
        why = "the run had ended before"
    why = "" if fired is not None else why
    return Breakage(failure.what, failure.target, failure.mode, due, fired, why)

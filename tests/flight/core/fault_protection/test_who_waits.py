"""Who waits for its turn and in which order, and what of a shed load is written when."""

from types import SimpleNamespace
from typing import Any

from flight.core.fault_protection.responses import Responder, Standing
from flight.core.fault_protection.shedding import Sheddable, Shedding


def test_those_that_wait_come_by_priority_and_then_as_they_asked() -> None:
    def entry(name: str, priority: int, order: int, standing: Any) -> Any:
        return SimpleNamespace(
            name=name, entry=SimpleNamespace(priority=priority), order=order, standing=standing
        )

    runs = [
        entry("late", 5, 9, Standing.WAITING), entry("first", 5, 1, Standing.WAITING),
        entry("low", 1, 0, Standing.WAITING), entry("idle", 9, 0, Standing.IDLE),
        entry("acts", 9, 0, Standing.RUNNING), entry("high", 8, 7, Standing.WAITING),
        entry("watches", 9, 0, Standing.WATCHING),
    ]  # fmt: skip
    responder: Any = SimpleNamespace(runs={run.name: run for run in runs})
    assert [run.name for run in Responder._waiting(responder)] == ["high", "first", "late", "low"]


class Kept:
    """A storage that counts what is written."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    def get(self, namespace: str, key: str, default: Any) -> Any:
        return default

    def put(self, namespace: str, key: str, value: Any) -> None:
        self.written.append(value)


def test_a_reason_that_holds_already_is_neither_written_nor_told_again() -> None:
    kept: Any = Kept()
    told: list[tuple[str, bool, str]] = []
    loads = {"lamp": Sheddable("lamp"), "heater": Sheddable("heater")}
    shedding = Shedding(None, kept, loads, lambda *what: told.append(what))
    shedding.release("lamp", "energy")
    assert kept.written == [] and told == [], "there was no such reason"
    shedding.want("lamp", "energy")
    shedding.want("lamp", "energy")
    assert kept.written == [{"lamp": ["energy"]}] and told == [("lamp", True, "energy")]
    shedding.want("lamp", "safe")
    assert kept.written[-1] == {"lamp": ["energy", "safe"]} and len(told) == 1
    shedding.release("lamp", "energy")
    assert shedding.is_shed("lamp") and len(told) == 1, "the other reason holds"
    shedding.release("lamp", "safe")
    shedding.release("lamp", "safe")
    assert kept.written[-1] == {} and told[1:] == [("lamp", False, "safe")]
    assert len(kept.written) == 4 and shedding.shed() == []

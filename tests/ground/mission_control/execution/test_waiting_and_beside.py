"""A safe state that is waited out, and procedures beside the mission's own, without a flight."""

from types import SimpleNamespace
from typing import Any

import pytest

from ground.mission_control.execution import side_procedures
from ground.mission_control.execution.side_procedures import SideProcedures
from ground.mission_control.execution.tools import StepFailed
from ground.mission_control.execution.waiting_out import wait_for_telemetry
from ground.mission_control.procedures.library import NotSo
from ground.mission_control.procedures.steps import WaitForTelemetry

# -------------------------------------------------------------------- a safe state


class Waits:
    """A vehicle whose mode goes through some values; each recovery is noted."""

    def __init__(self, *modes: Any, recovers: bool = True) -> None:
        self.modes, self.recovers = list(modes), recovers
        self.recovered: list[tuple[str, str, float]] = []
        self.waited: list[str] = []

    @property
    def mode(self) -> Any:
        return self.modes[0]

    def is_safe(self, vehicle: str) -> bool:
        return str(self.mode) == "safe"

    async def recover_waiting(self, name: str, vehicle: str, limit: float) -> bool:
        self.recovered.append((name, vehicle, limit))
        return self.recovers

    async def wait(self, met: Any, what: str) -> None:
        self.waited.append(what)
        while not met():
            if len(self.modes) == 1:
                raise StepFailed("its time is over")
            self.modes.pop(0)

    async def run(self, channel: str = "mode") -> None:
        step = WaitForTelemetry(
            vehicle="rover", channel=channel, comparison="==", value="idle", limit_sols=1.0
        )
        tools: Any = SimpleNamespace(
            telemetry=SimpleNamespace(value=lambda vehicle, channel: self.mode)
        )
        recoverer: Any = self
        await wait_for_telemetry(
            step, tools, recoverer, lambda number: f"visit {number}", self.wait, 77.0
        )


async def test_one_that_goes_safe_while_its_mode_is_waited_for_is_led_out_each_time() -> None:
    rover = Waits("driving", "safe", "driving", "safe", "idle")
    rover.recover_waiting = _led_out(rover)  # type: ignore[method-assign]
    await rover.run()
    assert rover.recovered == [("visit 1", "rover", 77.0), ("visit 2", "rover", 77.0)]
    assert set(rover.waited) == {"rover mode == idle"}


def _led_out(rover: Waits) -> Any:
    async def recover(name: str, vehicle: str, limit: float) -> bool:
        rover.recovered.append((name, vehicle, limit))
        rover.modes.pop(0)
        return True

    return recover


async def test_one_that_cannot_be_led_out_is_waited_for_all_the_same() -> None:
    rover = Waits("safe", "driving", "idle", recovers=False)
    await rover.run()
    assert len(rover.recovered) == 1 and rover.mode == "idle"
    with pytest.raises(StepFailed):
        await Waits("safe", recovers=False).run()


async def test_of_another_channel_nobody_is_led_out() -> None:
    rover = Waits("safe", "idle")
    await rover.run("charge_state")
    assert rover.recovered == [] and len(rover.waited) == 1


# ------------------------------------------------------------ beside the mission's own


class Runner:
    def __init__(self, program: Any, tools: Any, key: str, version: str) -> None:
        self.key, self.version, self.program = key, version, program
        self.cursor = SimpleNamespace(ended="")
        self.attended: list[str] = []
        self.handling = SimpleNamespace(attend=self.attended.append)

    async def run(self) -> None:
        pass


class Nursery:
    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, work: Any, name: str) -> None:
        work.close()
        self.started.append(name)


class Shelf:
    """The archive and the library of a side procedure."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(side_procedures, "ProcedureRunner", Runner)
        self.kept: dict[str, Any] = {}
        self.archive: Any = SimpleNamespace(
            get=lambda name, default: self.kept.get(name, default),
            put=lambda name, plain: self.kept.update({name: plain}),
        )
        self.library: Any = SimpleNamespace(
            approved=lambda name: SimpleNamespace(version="v2", text=f"text of {name}"),
            program=lambda name, text: (name, text),
        )

    def made(self, nursery: Any = None) -> SideProcedures:
        found = SideProcedures(self.archive, self.library, None)  # type: ignore[arg-type]
        if nursery is not None:
            found.begin(nursery)
        return found


def test_five_run_at_once_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, nursery = Shelf(monkeypatch), Nursery()
    with pytest.raises(NotSo, match="does not run yet"):
        shelf.made().start("a", "anna")
    side = shelf.made(nursery)
    told: list[str] = []
    side.on_runner = lambda name, runner: told.append(name)
    first = side.start("a", "anna")
    assert (first.run, first.version, first.text, first.by) == ("p1", "v2", "text of a", "anna")
    runner: Any = side.runners["p1"]
    assert (runner.key, runner.version, runner.program) == (
        "procedure p1", "v2", ("a", "text of a"),
    )  # fmt: skip
    assert runner.attended == ["anna"] and nursery.started == ["procedure p1"] and told == ["a"]
    with pytest.raises(NotSo, match="a runs already"):
        side.start("a", "ben")
    for name in "bcde":
        side.start(name, "anna")
    with pytest.raises(NotSo, match="5 procedures run, and no more at once"):
        side.start("f", "anna")
    runner.cursor.ended = "complete"
    assert side.start("a", "ben").run == "p6", "it has ended, and may run again"
    assert side.newest("a") is side.runners["p6"] and side.newest("f") is None
    assert len(shelf.kept["side procedures"]) == 6


def test_after_a_start_those_go_on_that_had_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(monkeypatch)
    side = shelf.made(Nursery())
    side.start("a", "anna")
    side.start("b", "anna")
    again = shelf.made()
    again.runners["p1"].cursor.ended = "failed"
    nursery: Any = Nursery()
    again.begin(nursery)
    assert nursery.started == ["procedure p2"]
    assert [run.name for run in again.runs] == ["a", "b"]
    assert again.runners["p2"].attended == [], "who attends it is kept with it"  # type: ignore[attr-defined]

"""Each invariant at its limit, and what it must not take for a breach."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Command, CommandReport, EventReport, Rung, Severity
from ground.drills.invariants import ALWAYS_ON, INVARIANTS, SURVIVED
from sim_hw.assembly.conservation import MASS_ERROR, Balance, Conservation


class Account(SimpleNamespace):
    """The energy of one vehicle, J: what came in and where it went."""

    def __init__(self, **more: float) -> None:
        names = (
            "array", "generator", "unserved", "loads", "charging_loss", "discharging_loss",
            "shunted", "drained",
        )  # fmt: skip
        super().__init__(**{**dict.fromkeys(names, 0.0), **more})


def powered(account: Account, energy: float, *, brownout: bool = False, lost: Any = None) -> Any:
    electrical = SimpleNamespace(
        name="rover", account=account, initial_energy=3600.0,
        peek=lambda: SimpleNamespace(energy=energy, brownout=brownout),
    )  # fmt: skip
    vehicles = {"rover": SimpleNamespace(electrical=electrical)}
    world = SimpleNamespace(now=lambda: 5.0, space=SimpleNamespace(bodies={}))
    closing = Conservation(world, {"rover": electrical}, {})  # type: ignore[arg-type,dict-item]
    hardware = SimpleNamespace(
        vehicles=vehicles, lost=lost or {}, world=world, conservation=closing
    )
    return SimpleNamespace(hardware=hardware)


def says(run: Any) -> str:
    return INVARIANTS["energy_closes"](run).look()


@pytest.mark.parametrize("name", ["array", "generator", "unserved"])
def test_each_gain_of_energy_has_to_be_found_again(name: str) -> None:
    account = Account(**{name: 900.0})
    assert says(powered(account, 4500.0)) == ""
    assert "battery of rover: 3600 J where 4500 ought to be" in says(powered(account, 3600.0))


@pytest.mark.parametrize(
    "name", ["loads", "charging_loss", "discharging_loss", "shunted", "drained"]
)
def test_each_loss_of_energy_has_to_be_missing(name: str) -> None:
    account = Account(**{name: 900.0})
    assert says(powered(account, 2700.0)) == ""
    assert "battery of rover: 3600 J where 2700 ought to be" in says(powered(account, 3600.0))


@pytest.mark.parametrize(("array", "off", "told"), [
    (6400.0, 0.999e-5, False), (6400.0, 1.001e-5, True), (6400.0, -1.001e-5, True),
    (996_400.0, 0.9999e-3, False), (996_400.0, 1.0001e-3, True),
])  # fmt: skip
def test_a_billionth_of_what_went_through_is_rounding_and_no_more(
    array: float, off: float, told: bool
) -> None:
    run = powered(Account(array=array), 3600.0 + array + off)
    assert bool(says(run)) is told


def test_an_empty_battery_of_a_vehicle_that_is_lost_is_no_brownout() -> None:
    empty = powered(Account(), 0.0, brownout=True, lost={"rover": 3.0})
    assert INVARIANTS["no_brownout"](empty).look() == ""
    empty.hardware.lost = {"mav": 3.0}
    assert INVARIANTS["no_brownout"](empty).look() == "rover: the battery is empty"


# ----------------------------------------------------------------------- propellant


class Rows:
    """Balances that a test changes; `looked`: how often they were looked at."""

    def __init__(self) -> None:
        self.row = Balance("propellant of the lander", "kg", 400.0, 400.0, MASS_ERROR)
        self.looked = 0

    def masses(self) -> list[Balance]:
        self.looked += 1
        return [Balance("mass of the MAV", "kg", 1.0, 1.0, MASS_ERROR), self.row]


def test_mass_is_looked_at_now_and_then_and_at_the_end() -> None:
    rows, time = Rows(), [100.0]
    world = SimpleNamespace(now=lambda: time[0])
    run: Any = SimpleNamespace(hardware=SimpleNamespace(world=world, conservation=rows))
    found = INVARIANTS["propellant_closes"](run)
    assert found.look() == ""
    rows.row = Balance("propellant of the lander", "kg", 399.0, 400.0, MASS_ERROR)
    time[0] = 109.9
    assert found.look() == "" and rows.looked == 1, "not after each message"
    assert "propellant of the lander: 399 kg where 400 ought to be" in found.end(None)
    time[0] = 110.0
    assert "where 400 ought to be (-1; allowed: 1e-06)" in found.look()
    for now, looks in ((100_000.0, 4), (100_998.9, 4), (100_999.0, 5)):
        time[0] = now  # from 100 s on: a long flight is looked at more seldom
        found.look()
        assert rows.looked == looks


# -------------------------------------------------------------------------- commands


class Ladder:
    def __init__(self, *entries: Any) -> None:
        self.held = list(entries)

    def entries(self) -> list[Any]:
        return self.held

    def find(self, identifier: str) -> Any:
        return next((e for e in self.held if e.command.identifier == identifier), None)


def entry(identifier: str, stage: str, rung: Rung, number: int = 1) -> Any:
    command = Command(identifier, "mav", "launch", {}, "mc", stage)
    ended = rung in (Rung.COMPLETED, Rung.ABORTED)
    return SimpleNamespace(command=command, rung=rung, number=number, ended=ended)


def flown(ladder: Ladder, *, runs: bool = True) -> Any:
    commands = {"launch": SimpleNamespace(name="launch", hazard="ignition")}
    node = SimpleNamespace(
        dispatcher=SimpleNamespace(ladder=ladder), commands=commands,
        hazards=SimpleNamespace(of=lambda spec, arguments: spec.hazard),
    )  # fmt: skip
    host = SimpleNamespace(runs=lambda role: runs, node=lambda role: node)
    return SimpleNamespace(
        mission=SimpleNamespace(vehicles=("mav",)), host=host, node=lambda role: node,
        hardware=SimpleNamespace(called=[], lost={}),
    )  # fmt: skip


def report(rung: Rung, identifier: str = "f", **more: Any) -> CommandReport:
    return CommandReport(identifier, "mav", rung, 0, **more)


@pytest.mark.parametrize("motor", ["ejector eject", "first_igniter fire", "second_igniter fire"])
def test_each_motor_needs_its_command(motor: str) -> None:
    device, method = motor.split()
    run = flown(Ladder())
    found = INVARIANTS["armed_before_fired"](run)
    run.hardware.called[0](f"mav.{device}", "make_safe")
    assert found.look() == ""
    run.hardware.called[0](f"mav.{device}", method)
    assert (
        found.look()
        == f"mav.{device}.{method} without a FIRE of mav launch"
        == found.hear(report(Rung.STARTED))
    )
    fired = flown(Ladder(entry("a", "arm", Rung.COMPLETED), entry("f", "fire", Rung.STARTED, 2)))
    found = INVARIANTS["armed_before_fired"](fired)
    fired.hardware.called[0](f"mav.{device}", method)
    assert found.look() == ""
    armed = flown(Ladder(entry("a", "arm", Rung.COMPLETED)))
    found = INVARIANTS["armed_before_fired"](armed)
    armed.hardware.called[0](f"mav.{device}", method)
    assert "without a FIRE" in found.look(), "an ARM alone lights nothing"


def test_only_what_begins_now_is_asked_whether_it_was_armed() -> None:
    unarmed = Ladder(entry("f", "fire", Rung.ACCEPTED), entry("a", "arm", Rung.COMPLETED, 1))
    found = INVARIANTS["armed_before_fired"](flown(unarmed))
    for heard in (
        report(Rung.REJECTED), report(Rung.STARTED), report(Rung.ACCEPTED, repeated=True),
        report(Rung.ACCEPTED, "a"), report(Rung.ACCEPTED, "unknown"),
    ):  # fmt: skip
        assert found.hear(heard) == "", heard
    assert (
        INVARIANTS["armed_before_fired"](flown(unarmed, runs=False)).hear(report(Rung.ACCEPTED))
        == ""
    ), "of a computer that is off nothing can be asked"
    assert found.hear(report(Rung.ACCEPTED)) == "mav has begun launch (f) unarmed"


def test_what_had_ended_before_the_drill_may_not_end_again() -> None:
    ladder = Ladder(entry("f", "fire", Rung.COMPLETED))
    found = INVARIANTS["commands_end_once"](flown(ladder))
    assert found.hear(report(Rung.FAILED)) == "mav f is FAILED after COMPLETED"
    assert INVARIANTS["commands_end_once"](flown(ladder)).hear(report(Rung.STARTED)) == (
        "mav f is STARTED after COMPLETED"
    )
    assert (
        INVARIANTS["commands_end_once"](flown(ladder, runs=False)).hear(report(Rung.FAILED)) == ""
    ), "nothing was known of it"
    found = INVARIANTS["commands_end_once"](flown(Ladder()))
    assert found.hear(report(Rung.REJECTED)) == ""
    assert "REJECTED after REJECTED" in found.hear(report(Rung.REJECTED)), "twice is once too many"


@pytest.mark.parametrize("rung", [Rung.REJECTED, Rung.COMPLETED, Rung.FAILED, Rung.TIMED_OUT,
                                  Rung.ABORTED])  # fmt: skip
def test_what_has_ended_may_be_forgotten_and_what_has_not_may_not(rung: Rung) -> None:
    found = INVARIANTS["commands_end_once"](flown(Ladder()))
    found.hear(report(Rung.ACCEPTED))
    assert "f, which never ended" in found.end(None)
    assert found.hear(report(rung)) == "" and found.end(None) == ""
    off = flown(Ladder())
    found = INVARIANTS["commands_end_once"](off)
    found.hear(report(Rung.ACCEPTED))
    off.host.runs = lambda role: False
    assert found.end(None) == "", "a computer that is off forgets nothing"


# ------------------------------------------------------------ software and vehicles


def event(name: str, **data: Any) -> EventReport:
    return EventReport("lander", name, Severity.WARNING_HI, 0, "KeyError", data, 1)


@pytest.mark.parametrize(
    "name", ["activity_fault", "statechart_fault", "command_fault", "look_failed", "sample_fault"]
)
def test_each_fault_of_software_is_a_traceback(name: str) -> None:
    assert INVARIANTS["no_traceback"](flown(Ladder())).hear(event(name)) == "lander: KeyError"


@pytest.mark.parametrize("name", ["Deadlock", "Livelock", "TooManyCallbacks"])
def test_each_standstill_is_one_and_no_traceback(name: str) -> None:
    broke = type(name, (RuntimeError,), {})("all wait")
    assert INVARIANTS["no_deadlock"](flown(Ladder())).end(broke) == "all wait"
    assert INVARIANTS["no_traceback"](flown(Ladder())).end(broke) == ""
    error = INVARIANTS["no_traceback"](flown(Ladder())).end(KeyError("x"))
    assert error == "the run ended by KeyError: 'x'"


@pytest.mark.parametrize(
    ("name", "after", "lost"),
    [("mode_changed", "lost", True), ("mode_changed", "entry.lost", True),
     ("mode_changed", "lost.waiting", False), ("mode_changed", "not_lost", False),
     ("mode_changed", "", False), ("booted", "lost", False)],
)  # fmt: skip
def test_who_gives_itself_up_says_so_by_its_state(name: str, after: str, lost: bool) -> None:
    told = INVARIANTS["no_vehicle_lost"](flown(Ladder())).hear(event(name, after=after))
    assert bool(told) is lost


def test_what_only_the_drill_asks_for_is_this() -> None:
    assert set(SURVIVED) == {"no_brownout", "no_vehicle_lost", "no_tube_unknown"}
    assert not set(ALWAYS_ON) & set(SURVIVED)

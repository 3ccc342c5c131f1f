"""Invariants: each holds in a good run, and each is broken by what it is for."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.icd.messages import Command, CommandReport, EventReport, Rung, Severity
from ground.drills.invariants import ALWAYS_ON, INVARIANTS, SURVIVED
from ground.drills.irreversible import BEFORE
from ground.drills.scenario import load_scenario
from sim_hw.serving.driven import DrivenAxis


class Ladder:
    """What a ladder knows, as entries."""

    def __init__(self, *entries: Any) -> None:
        self._entries = list(entries)

    def entries(self) -> list[Any]:
        return self._entries

    def find(self, identifier: str) -> Any:
        return next((e for e in self._entries if e.command.identifier == identifier), None)


def entry(identifier: str, name: str, stage: str, rung: Rung, number: int) -> Any:
    command = Command(identifier, "mav", name, {}, "mc", stage)
    ended = rung in (Rung.COMPLETED, Rung.REJECTED, Rung.ABORTED)
    return SimpleNamespace(command=command, rung=rung, number=number, ended=ended)


def run_with(ladder: Ladder, **more: Any) -> Any:
    """A run of one vehicle, whose launch is hazardous."""
    hazards = SimpleNamespace(of=lambda spec, arguments: spec.hazard)
    commands = {
        name: SimpleNamespace(name=name, hazard=hazard)
        for name, hazard in (("launch", "ignition"), ("report_status", "none"))
    }
    dispatcher = SimpleNamespace(ladder=ladder)
    node = SimpleNamespace(dispatcher=dispatcher, hazards=hazards, commands=commands)
    hardware = SimpleNamespace(called=[], lost={}, vehicles={}, device=lambda name: None)
    hardware.__dict__.update(more)
    host = SimpleNamespace(runs=lambda role: True, node=lambda role: node)
    mission = SimpleNamespace(vehicles=("mav",))
    return SimpleNamespace(
        mission=mission, host=host, hardware=hardware, node=lambda role: node,
        auditor=SimpleNamespace(violations=[]),
    )  # fmt: skip


def report(identifier: str, rung: Rung, *, repeated: bool = False) -> CommandReport:
    return CommandReport(identifier, "mav", rung, 0, repeated=repeated)


ARM = entry("a", "launch", "arm", Rung.COMPLETED, 1)
FIRE = entry("f", "launch", "fire", Rung.ACCEPTED, 2)


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([ARM, FIRE], ""),
        ([FIRE], "unarmed"),
        ([entry("a", "launch", "arm", Rung.REJECTED, 1), FIRE], "unarmed"),
        ([entry("a", "launch", "arm", Rung.COMPLETED, 3), FIRE], "unarmed"),
        ([entry("a", "release", "arm", Rung.COMPLETED, 1), FIRE], "unarmed"),
        ([ARM, entry("f", "launch", "run", Rung.ACCEPTED, 2)], "unarmed"),
        ([entry("f", "report_status", "run", Rung.ACCEPTED, 2)], ""),
    ],
)
def test_what_is_hazardous_begins_armed(entries: list[Any], what: str) -> None:
    found = INVARIANTS["armed_before_fired"](run_with(Ladder(*entries)))
    assert what in found.hear(report("f", Rung.ACCEPTED)) and bool(found.look()) is bool(what)


def test_no_motor_is_lit_without_the_command_also_after_the_memory_is_lost() -> None:
    ladder = Ladder()
    run = run_with(ladder)
    found = INVARIANTS["armed_before_fired"](run)
    (called,) = run.hardware.called
    called("mav.ejector", "state")
    assert found.look() == ""
    called("mav.ejector", "eject")
    assert found.look() == "mav.ejector.eject without a FIRE of mav launch"
    ladder = Ladder(ARM, FIRE)
    run = run_with(ladder)
    found = INVARIANTS["armed_before_fired"](run)
    ladder._entries.clear()  # the store was lost
    run.hardware.called[0]("mav.first_igniter", "fire")
    assert found.look() == ""


def test_all_that_is_irreversible_has_a_row_and_each_row_names_what_there_is() -> None:
    scenario = load_scenario("nominal")
    devices = scenario.targets.parts["device"]
    marked = {
        (service, name)
        for service, part in devices.items()
        for name, method in part.interface.methods.items()
        if method.irreversible
    }
    assert set(BEFORE) == marked
    vehicles = scenario.vocabulary.dictionary.vehicles
    for (service, _), before in BEFORE.items():
        role = service.partition(".")[0]
        assert all(vehicles[who].commands[name].hazardous for who, name in before.fired)
        assert set(before.states) <= set(vehicles[role].states)
        assert bool(before.fired or before.states) is not bool(before.why)


def test_what_is_done_for_good_is_told_in_a_state_where_it_may_not_be() -> None:
    state = ["landed.waiting"]
    node = SimpleNamespace(state=state[0], is_in=lambda name: state[0].startswith(name))
    run = run_with(Ladder())
    run.host = SimpleNamespace(runs=lambda role: True, node=lambda role: node)
    run.mission = SimpleNamespace(vehicles=())
    found = INVARIANTS["armed_before_fired"](run)
    (called,) = run.hardware.called
    called("lander.solar_array", "deploy")
    called("lander.descent_engines", "shut_down")
    called("rover.gripper", "open")
    called("lander.landing_radar", "measure")
    assert found.look() == ""
    called("lander.pyrotechnics", "fire")
    assert found.look() == "lander.pyrotechnics.fire in state landed.waiting; allowed is entry"


@pytest.mark.parametrize(
    ("stage", "rung", "told"),
    [("fire", Rung.ACCEPTED, ""), ("fire", Rung.RECEIVED, ""),
     ("fire", Rung.REJECTED, "without a FIRE"), ("arm", Rung.COMPLETED, "without a FIRE")],
)  # fmt: skip
def test_a_device_may_be_told_before_the_acceptance_is(stage: str, rung: Rung, told: str) -> None:
    ladder = Ladder()
    run = run_with(ladder)
    found = INVARIANTS["armed_before_fired"](run)
    ladder._entries.append(entry("f", "seal_container", stage, rung, 2))
    run.hardware.called[0]("mav.container", "latch")
    assert told in found.look() and bool(found.look()) is bool(told)


@pytest.mark.parametrize("command", ["launch", "release_container"])
def test_of_two_commands_either_is_enough(command: str) -> None:
    run = run_with(Ladder(entry("f", command, "fire", Rung.ACCEPTED, 2)))
    found = INVARIANTS["armed_before_fired"](run)
    run.hardware.called[0]("mav.separation", "release_container")
    assert found.look() == ""
    run.hardware.called[0]("mav.container", "latch")
    assert found.look() == "mav.container.latch without a FIRE of mav seal_container"


def test_a_command_ends_once_and_is_not_forgotten() -> None:
    ladder = Ladder(entry("f", "launch", "fire", Rung.STARTED, 1))
    found = INVARIANTS["commands_end_once"](run_with(ladder))
    assert found.hear(report("f", Rung.COMPLETED)) == ""
    assert found.hear(report("f", Rung.COMPLETED, repeated=True)) == ""
    assert found.hear(report("f", Rung.REJECTED)) == ""  # another order by the same identifier
    assert "is ABORTED after" in found.hear(report("f", Rung.ABORTED))
    found = INVARIANTS["commands_end_once"](run_with(ladder))
    assert found.end(None) == ""  # it is under way
    ladder._entries.clear()
    assert "knows nothing more of f" in found.end(None)


def test_an_error_of_the_software_and_a_standstill_are_told_apart() -> None:
    run = run_with(Ladder())
    fault = EventReport("mav", "activity_fault", Severity.WARNING_HI, 0, "KeyError", {}, 1)
    traceback, deadlock = INVARIANTS["no_traceback"](run), INVARIANTS["no_deadlock"](run)
    assert "KeyError" in traceback.hear(fault)
    other = EventReport("mav", "activity_failed", Severity.WARNING_HI, 0, "", {}, 1)
    assert INVARIANTS["no_traceback"](run).hear(other) == ""

    class Deadlock(RuntimeError):
        pass

    assert deadlock.end(Deadlock("all wait")) == "all wait"
    assert INVARIANTS["no_traceback"](run).end(Deadlock("all wait")) == ""
    assert deadlock.end(ValueError("x")) == "" != INVARIANTS["no_traceback"](run).end(ValueError())
    assert deadlock.end(None) == INVARIANTS["no_traceback"](run).end(None) == ""


def test_a_vehicle_that_was_lost_before_is_not_lost_again() -> None:
    run = run_with(Ladder(), lost={"rover": 5.0})
    found = INVARIANTS["no_vehicle_lost"](run)
    assert found.look() == ""
    run.hardware.lost["mav"] = 9.0
    assert found.look() == "mav was lost at 9.0 s"
    gone = EventReport(
        "lander", "mode_changed", Severity.ACTIVITY_LO, 0, "", {"after": "entry.lost"}, 1
    )
    assert "given itself up" in INVARIANTS["no_vehicle_lost"](run).hear(gone)


def test_ledgers_that_lose_and_ledgers_that_err_are_told_apart() -> None:
    run = run_with(Ladder())
    accounted, agree = INVARIANTS["tubes_accounted"](run), INVARIANTS["ledgers_agree"](run)
    violation = SimpleNamespace(tube="T", statement="claimed by no ledger", truth="ground", time=1)
    run.auditor.violations.append(violation)
    assert "claimed by no ledger" in accounted.look() and agree.look() == ""
    run.auditor.violations[0] = SimpleNamespace(
        tube="T", statement="rover_rack, held by rover", truth="ground", time=1
    )
    assert accounted.look() == "" and "truly at ground" in agree.look()
    assert INVARIANTS["ledgers_agree"](run).look() == ""  # it was so before the drill


def test_an_empty_battery_is_told() -> None:
    now = SimpleNamespace(energy=1850.0, brownout=False)
    electrical = SimpleNamespace(peek=lambda: now)
    run = run_with(Ladder(), vehicles={"rover": SimpleNamespace(electrical=electrical)})
    assert INVARIANTS["no_brownout"](run).look() == ""
    now.brownout = True
    assert "battery is empty" in INVARIANTS["no_brownout"](run).look()


@pytest.mark.parametrize(("unit", "tolerance"), [("rad", 0.02), ("degrees", 0.5)])
def test_what_is_driven_beyond_its_limits_is_told(unit: str, tolerance: float) -> None:
    axes = [DrivenAxis("waist", 0.0, -1.0, 2.0, unit)]
    devices = {"rover_arm": SimpleNamespace(driven=lambda: axes), "battery": SimpleNamespace()}
    run = run_with(Ladder(), vehicles={"rover": SimpleNamespace(devices=devices)})
    found = INVARIANTS["driven_within_limits"](run)
    for at in (0.0, -1.0 - tolerance + 1e-9, 2.0 + tolerance - 1e-9):
        axes[:] = [axes[0]._replace(at=at)]
        assert found.look() == "", at
    for at in (-1.0 - tolerance - 1e-3, 2.0 + tolerance + 1e-3):
        axes[:] = [axes[0]._replace(at=at)]
        assert (
            f"rover.rover_arm: waist at {at:.3f} {unit}; allowed is -1.000 to 2.000" in found.look()
        )


def test_all_that_is_driven_in_a_mission_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = load_scenario("short")._hardware
    found = INVARIANTS["driven_within_limits"](SimpleNamespace(hardware=hardware))  # type: ignore[arg-type]
    assert found.look() == ""
    named = {name for name, _ in found._found()}  # type: ignore[attr-defined]
    assert named == {
        "rover.rover_arm", "rover.wheels", "arm.transfer_arm", "mav.effectors",
        "perseverance.wheels",
    }  # fmt: skip
    arm = hardware.vehicles["rover"].devices["rover_arm"]
    folded = arm.joints
    monkeypatch.setattr(arm, "joints", (2.93, *folded[1:]))
    assert "rover.rover_arm: waist at 2.930 rad" in found.look()
    monkeypatch.setattr(arm, "joints", (0.0, *folded[1:]))
    wheels = hardware.vehicles["perseverance"].devices["wheels"].plant
    level = msgspec.structs.replace(wheels.parameters, tilt_limit=1e-9)
    monkeypatch.setattr(wheels, "parameters", level)
    slope = SimpleNamespace(gradient_east=0.02, gradient_north=0.0)
    terrain = SimpleNamespace(ground=lambda east, north: slope)
    monkeypatch.setattr(wheels.world, "terrain", terrain)
    assert found.look() == "", "it stands where it was put"
    monkeypatch.setattr(wheels, "rolled", True)
    assert "perseverance.wheels: lean at 1.146 degrees" in found.look()


def test_a_tube_that_becomes_unknown_and_stays_so_is_told_at_the_end() -> None:
    said = {"a": SimpleNamespace(last_seen=None), "b": SimpleNamespace(last_seen="depot")}
    run: Any = SimpleNamespace(auditor=SimpleNamespace(statement=lambda: said))
    found = INVARIANTS["no_tube_unknown"](run)
    assert found.end(None) == "", "of one it was not known before"
    said["a"] = SimpleNamespace(last_seen="rover_rack")
    assert found.look() == "", "under way it may be so: a look finds it"
    assert found.end(None) == "a: openly unknown at the end"
    said["a"] = SimpleNamespace(last_seen=None)
    assert found.end(None) == ""


def test_only_what_can_be_survived_is_left_to_the_drill() -> None:
    assert set(ALWAYS_ON) | set(SURVIVED) == set(INVARIANTS)
    assert all((kind.__doc__ or "").endswith(".") for kind in INVARIANTS.values())

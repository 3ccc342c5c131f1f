"""What the rover looks after by day, asleep and hibernating, and what it knows without memory."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.rover import hibernating
from flight.rover.vehicle import RoverVehicle
from tests.flight.lander.descent_bench import Answers
from tests.flight.rover.standing import OTHER, PARAMETERS, TUBE, Standing

STALL = DeviceFault("stall", "joint 2")


@pytest.fixture
def rover() -> Any:
    return Standing()


def vehicle(rover: Any, **values: Any) -> Any:
    rover.looked_after, rover.longest_housekeeping = RoverVehicle.looked_after, 3600.0
    rover.hibernation, rover.radio_wanted, rover.avionics_wanted = None, None, None
    rover.hardware.battery = Answers(
        state=[SimpleNamespace(valid=True, state_of_charge=0.5, temperature=260.0)]
    )
    rover.hardware.imu = Answers(state=[SimpleNamespace(valid=True, roll=-0.3, pitch=0.2)])
    rover.hardware.wheels = Answers(state=[SimpleNamespace(valid=True, motor_temperature=230.0)])
    rover.clock = SimpleNamespace(jd_tt=lambda: 7.0)
    rover.read_power = lambda: RoverVehicle.read_power(rover)
    rover.sols.planner = SimpleNamespace(
        array_seen=lambda *given: rover.said.append(("saw", given))
    )
    rover.hardware.solar_array = Answers(state=[array()])
    for name, value in values.items():
        setattr(rover, name, value)
    return rover


def array(**more: Any) -> Any:
    return SimpleNamespace(
        **({"valid": True, "deployed": True, "power": 80.0, "energy": 9.0} | more)
    )


@pytest.mark.parametrize(
    ("asleep", "seconds", "wheels"), [(True, 3600.0, False), (False, 900.0, True)]
)
def test_asleep_it_looks_each_hour_and_not_at_what_has_no_power(
    rover: Any, asleep: bool, seconds: float, wheels: bool
) -> None:
    node = vehicle(rover, asleep=asleep)
    assert RoverVehicle.housekeeping_period(node) == seconds
    looks = RoverVehicle.looks_after(node)
    assert ("wheels" in looks) is ("inertial_measurement_unit" in looks) is wheels
    assert set(RoverVehicle.looked_after) <= set(looks) and set(looks.values()) == {"state"}


async def test_by_day_it_reads_motors_and_tilt_and_asleep_the_power_alone(rover: Any) -> None:
    node = vehicle(rover)
    await RoverVehicle.sample(node)
    assert (node.motor_temperature, node.tilt, node.state_of_charge) == (230.0, 0.3, 0.5)
    node.hardware.wheels.answers["state"] = [SimpleNamespace(valid=False, motor_temperature=1.0)]
    node.hardware.imu.answers["state"] = [SimpleNamespace(valid=False, roll=9.0, pitch=9.0)]
    await RoverVehicle.sample(node)
    assert node.motor_temperature is None and node.tilt is None
    node.motor_temperature = node.tilt = 1.0
    node.hardware.imu.answers["state"] = [DeviceTimeout("no answer")]
    await RoverVehicle.sample(node)
    assert node.motor_temperature is None and node.tilt is None
    assert [each["device"] for each in node.told("device_trouble")] == ["sensors"]
    asked = len(node.hardware.wheels.asked)
    node.asleep = True
    await RoverVehicle.sample(node)
    assert len(node.hardware.wheels.asked) == asked


@pytest.mark.parametrize(
    ("lost", "deployed", "was", "on_ground"),
    [(True, True, False, True), (True, False, False, False), (False, True, False, False),
     (False, True, True, True)],
)  # fmt: skip
async def test_a_rover_without_memory_whose_array_is_unfolded_has_left_the_lander(
    rover: Any, lost: bool, deployed: bool, was: bool, on_ground: bool
) -> None:
    node = vehicle(rover, on_ground=was)
    node.context.store_lost = lost
    node.hardware.solar_array.answers["state"] = [array(deployed=deployed)]
    await RoverVehicle.read_power(node)
    assert node.on_ground is on_ground
    assert node.told("saw") == ([(7.0, 80.0)] if deployed else [])
    assert node.told("array_gives") == [(9.0,)]


async def test_power_that_cannot_be_read_is_not_known(rover: Any) -> None:
    node = vehicle(rover)
    bad = SimpleNamespace(valid=False, state_of_charge=0.9, temperature=1.0)
    node.hardware.battery.answers["state"] = [bad]
    node.hardware.solar_array.answers["state"] = [array(valid=False)]
    await RoverVehicle.read_power(node)
    assert node.state_of_charge is None is node.battery_temperature
    assert node.array_power is None and not node.told("saw") and not node.told("array_gives")
    node = vehicle(Standing())
    await RoverVehicle.read_power(node)
    assert (node.battery_temperature, node.array_power) == (260.0, 80.0)
    node.hardware.solar_array.answers["state"] = [STALL]
    await RoverVehicle.read_power(node)
    assert node.state_of_charge is None is node.array_power
    assert [each["device"] for each in node.told("device_trouble")] == ["battery"]


async def test_hibernating_the_heater_of_the_cells_has_what_the_array_gives(rover: Any) -> None:
    node = vehicle(rover)
    for name in ("heaters", "switches", "radio"):
        answers = Answers(set_zone=[None], set_switch=[STALL, None], set_power=[None])
        setattr(node.hardware, name, answers)
    told: list[str] = []
    for listens in (True, False):
        for each in ("heaters", "switches", "radio"):
            getattr(node.hardware, each).asked.clear()
        await hibernating.live_by(node.hardware, PARAMETERS, told.append, listens=listens)
        assert node.hardware.heaters.of("set_zone") == [
            ("battery", PARAMETERS["cells_setpoint"], True),
            ("electronics", PARAMETERS["box_setpoint"], False),
        ]  # fmt: skip
        assert node.hardware.switches.of("set_switch") == [
            ("heaters", False), ("core", listens), ("avionics", False),
        ]  # fmt: skip
        assert node.hardware.radio.of("set_power") == [(listens,)]
    assert len(told) == 1, "what does not move is told, and the rest is switched all the same"
    node.hardware.switches.asked.clear()
    node.hardware.heaters.asked.clear()
    await hibernating.live_again(node.hardware, PARAMETERS, told.append)
    assert node.hardware.switches.of("set_switch") == [("core", True), ("heaters", True)]
    assert [each[2] for each in node.hardware.heaters.of("set_zone")] == [True, True]
    assert len(told) == 1


@pytest.mark.parametrize(("listens", "asleep"), [(True, False), (False, True)])
async def test_who_lies_still_is_asleep_unless_it_listens(
    rover: Any, monkeypatch: pytest.MonkeyPatch, listens: bool, asleep: bool
) -> None:
    asked: list[Any] = []

    async def by(hardware: Any, p: Any, tell: Any, *, listens: bool) -> None:
        asked.append(listens)

    monkeypatch.setattr("flight.rover.vehicle.live_by", by)
    rover.radio_wanted, rover._power_trouble = True, None
    await RoverVehicle.live_by(rover, listens=listens)
    assert (rover.asleep, rover.avionics_wanted, rover.radio_wanted) == (asleep, False, None)
    assert asked == [listens]


def test_the_tubes_of_the_rack_are_counted_and_no_others() -> None:
    rover: Any = Standing()
    RoverVehicle.count_tubes(rover)
    assert rover.tubes_collected == 0
    rover.stow(0)
    rover.hold(OTHER)
    RoverVehicle.count_tubes(rover)
    assert rover.tubes_collected == 1
    rover.ledger.lose(TUBE, "x")
    RoverVehicle.count_tubes(rover)
    assert rover.tubes_collected == 0

"""A study flies what the MAV flies: its own phases, with their retries, patience, loss and end."""

import pytest

from ground.studies.ascent_run import AscentResult, Flight
from ground.studies.ascent_study import vehicle_file_once

PARTING_PAUSES = (0.0, 0.5, 3.0, 15.0)
BURN_CYCLE = 0.02

DAY = 21
TRIES = len(PARTING_PAUSES)


def made(*, closed: bool = True) -> Flight:
    file = vehicle_file_once()
    return Flight(file.hardware, file.flight, DAY, closed=closed, burn_cycle=2.0 * BURN_CYCLE)


def flown(flight: Flight) -> tuple[AscentResult, list[str]]:
    return flight.fly(), [name for _, name, _ in flight.mav.events_told]


def test_it_tells_what_the_vehicle_tells() -> None:
    result, told = flown(made())
    assert result.in_orbit and result.failure == ""
    wanted = ["ejected", "ignition_sent", "burnout", "separated", "second_burn_planned"]
    assert told[:5] == wanted
    assert told.count("ignition_sent") == told.count("burnout") == 2
    assert "device_trouble" not in told and "vehicle_lost" not in told


def test_a_wire_that_lights_nothing_is_followed_by_the_second_one() -> None:
    flight = made()
    flight.devices.first_igniter.fail("misfire", shots=1)
    flight.devices.second_igniter.fail("misfire", shots=1)
    result, told = flown(flight)
    assert told.count("ignition_sent") == 4
    assert result.in_orbit


INITIATORS = 2  # of each part that is let go; each call that ends with `stuck` has used one


def test_a_stage_that_is_said_to_be_stuck_is_let_go_as_long_as_there_are_tries() -> None:
    assert TRIES - 1 > INITIATORS, "also where it says that both are used"
    flight = made()
    flight.devices.separation.fail("stuck", shots=TRIES - 1)
    result, told = flown(flight)
    assert result.in_orbit and result.failure == ""
    assert told.count("device_trouble") == TRIES - 1
    assert told.count("separated") == 1 and "vehicle_lost" not in told


@pytest.mark.parametrize(
    ("device", "mode", "options", "reason"),
    [
        ("first_igniter", "misfire", {"shots": 2}, "the first motor did not light in mid-air"),
        ("first_igniter", "open", {}, "the first motor did not light in mid-air"),
        ("separation", "stuck", {"shots": TRIES}, "the first stage could not be separated"),
        ("second_igniter", "misfire", {"shots": 2}, "the second motor did not light"),
    ],
)
def test_it_gives_up_as_the_vehicle_does(
    device: str, mode: str, options: dict[str, int], reason: str
) -> None:
    flight = made()
    getattr(flight.devices, device).fail(mode, **options)
    result, told = flown(flight)
    assert not result.in_orbit
    assert reason in result.failure
    assert "vehicle_lost" in told or "fell to the ground" in result.failure


def test_one_that_stays_in_its_tube_has_no_orbit() -> None:
    flight = made()
    flight.devices.ejector.fail("stuck")
    result, told = flown(flight)
    assert result.failure.startswith("not ejected")
    assert "ejected" not in told and not result.in_orbit


def test_a_dead_sensor_is_no_orbit_and_no_traceback() -> None:
    flight = made()
    flight.devices.inertial_unit.fail("dead")
    result, _ = flown(flight)
    assert "not aligned" in result.failure


def test_in_open_loop_nothing_is_planned_again() -> None:
    flight = made(closed=False)
    result, told = flown(flight)
    assert flight.computer.replans == 0
    assert flight.computer.second == flight.computer.plan.second
    assert result.trim == 0.0
    assert "second_burn_planned" in told

"""Each irreversible actuation of each vehicle has a witness that exists and is another device."""

import pytest

from flight.configuration.files import ConfigurationError
from flight.core.fault_protection.witness_checks import witness_problems
from flight.core.fault_protection.witnesses import Confirmation
from flight.icd.devices.ascent import Ejector, Igniter, InertialIncrements
from flight.icd.devices.base import DeviceInterface
from flight.lander.node import Lander
from flight.lander.witnesses import CONFIRMATIONS
from ground.commands.docs import assembled_devices
from ground.reference.device_page import interface_of
from ground.testbed.checks.wiring import check_witnesses
from ground.testbed.participants.vehicles import vehicle_class, vehicle_classes

DEVICES: dict[str, type[DeviceInterface]] = {
    "ejector": Ejector, "igniter": Igniter, "inertial_unit": InertialIncrements,
}  # fmt: skip
EJECTED = Confirmation("ejector.eject", "inertial_unit.increments", "it falls", "it stays")
LIT = Confirmation("igniter.fire", "inertial_unit.increments", "thrust", "again")


@pytest.fixture(scope="module")
def devices_of() -> dict[str, dict[str, type[DeviceInterface]]]:
    found: dict[str, dict[str, type[DeviceInterface]]] = {}
    for service, device in assembled_devices().items():
        vehicle, _, name = service.partition(".")
        found.setdefault(vehicle, {})[name] = interface_of(type(device))
    return found


@pytest.mark.requirement("FLT-10")
def test_every_vehicle_names_who_sees_what_it_cannot_undo(
    devices_of: dict[str, dict[str, type[DeviceInterface]]],
) -> None:
    for kind in vehicle_classes():
        assert witness_problems(kind.confirmations, devices_of[kind.name]) == [], kind.name
        for row in kind.confirmations:
            assert row.device in devices_of[kind.name], f"{kind.name}: {row.what} is no device"


def test_the_jaws_of_the_arm_and_the_camera_that_sees_them_hang_on_one_switch() -> None:
    devices = assembled_devices()

    def switch_of(name: str) -> str:
        return str(devices[f"arm.{name}"].power_switch)

    assert switch_of("gripper") == switch_of("camera") == "arm"
    assert devices["rover.gripper"].power_switch == "", "straight from the battery"
    [row] = vehicle_class("arm").confirmations
    kinds = {n: interface_of(type(devices[f"arm.{n}"])) for n in ("gripper", "camera")}
    assert witness_problems([row], kinds, switch_of) == []
    [problem] = witness_problems([changed(row, {"same_switch": ""})], kinds, switch_of)
    assert "hang on the same power switch, arm" in problem


def test_a_good_table_is_good() -> None:
    assert witness_problems((EJECTED, LIT), DEVICES) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"witness": "ejector.state"}, "its own witness"),
        ({"witness": "inertial_unit.feel"}, "increments"),
        ({"witness": "compass.state"}, "ejector"),
        ({"witness": "igniter.fire"}, "cannot be undone"),
        ({"actuation": "ejector.state"}, "no actuation"),
        ({"actuation": "ejector.throw"}, "eject"),
        ({"unconfirmed": ""}, "what is done"),
    ],
)
def test_a_row_that_has_no_meaning_is_named(changes: dict[str, str], says: str) -> None:
    wrong = witness_problems((changed(EJECTED, changes), LIT, EJECTED), DEVICES)
    assert len(wrong) == 1 and says in wrong[0], wrong


def changed(row: Confirmation, changes: dict[str, str]) -> Confirmation:
    return Confirmation(**{**vars(row), **changes})


def test_a_device_may_see_itself_when_it_is_said_why() -> None:
    own = changed(EJECTED, {"witness": "ejector.state", "own_sensor": "a switch apart"})
    assert witness_problems((own, LIT), DEVICES) == []


def test_what_nobody_sees_is_named_and_such_a_vehicle_does_not_fly() -> None:
    assert witness_problems((LIT,), DEVICES) == [
        "ejector.eject: cannot be undone, and nobody is named who sees it"
    ]
    assert witness_problems((), {"inertial_unit": InertialIncrements}) == []

    class Blind(Lander):
        confirmations = (LIT,)

    check_witnesses(Lander, {})
    with pytest.raises(ConfigurationError, match="nobody is named who sees it"):
        check_witnesses(Blind, {"ejector": Ejector})


def test_the_parts_of_the_lander_all_stand_in_its_table() -> None:
    from flight.icd.devices.descent import PARTS

    assert {row.part for row in CONFIRMATIONS if row.actuation == "pyrotechnics.fire"} == set(PARTS)

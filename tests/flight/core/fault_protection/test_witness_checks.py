"""A table of witnesses is held against the devices, row by row and device by device."""

from dataclasses import replace

import pytest

from flight.core.fault_protection.witness_checks import witness_problems
from flight.core.fault_protection.witnesses import Confirmation
from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading


class Open(Reading, frozen=True, kw_only=True):
    """Whether it is open."""

    open: bool = False


class Valve(DeviceInterface):
    """Opens for ever."""

    @actuation(limit=1.0, irreversible=True)
    async def blow(self) -> None:
        """Opens it for ever."""
        raise NotImplementedError

    @actuation(limit=1.0, irreversible=True)
    async def look_by_blowing(self) -> Open:
        """Opens it for ever, and says so."""
        raise NotImplementedError

    @reading()
    async def state(self) -> Open:
        """Its own switch."""
        raise NotImplementedError


class Gauge(DeviceInterface):
    """Sees pressure fall."""

    @reading()
    async def pressure(self) -> Open:
        """Whether there is none."""
        raise NotImplementedError

    @actuation(limit=1.0)
    async def reset(self) -> None:
        """Begins anew."""
        raise NotImplementedError


DEVICES = {"valve": Valve, "gauge": Gauge}
GOOD = Confirmation("valve.blow", "gauge.pressure", "it falls", "tried again")
BOTH = (GOOD, Confirmation("valve.look_by_blowing", "gauge.pressure", "it falls", "told"))


def test_with_a_witness_for_each_nothing_is_wrong() -> None:
    assert witness_problems(BOTH, DEVICES) == []
    assert witness_problems(BOTH, {"gauge": Gauge}) == []  # built without the valve


def test_what_cannot_be_undone_and_nobody_sees_is_named() -> None:
    assert witness_problems((GOOD,), DEVICES) == [
        "valve.look_by_blowing: cannot be undone, and nobody is named who sees it"
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"witness": "gauge.reset"}, "gauge.reset measures nothing"),
        ({"witness": "gauge.presure"}, "gauge.presure: "),
        ({"witness": "gage.pressure"}, "gage.pressure: "),
        ({"witness": "valve.state"}, "valve is its own witness: name why its sensor is apart"),
        ({"witness": "valve.look_by_blowing", "own_sensor": "x"}, "is itself something that"),
        ({"unconfirmed": ""}, "it is not said what is done when it is not confirmed"),
    ],
)
def test_a_row_that_shows_nothing_is_told_with_its_actuation(
    changed: dict[str, str], words: str
) -> None:
    [problem] = witness_problems((replaced(changed), BOTH[1]), DEVICES)
    assert problem.startswith("valve.blow: ") and words in problem


def replaced(changed: dict[str, str]) -> Confirmation:
    plain = {"actuation": "valve.blow", "witness": "gauge.pressure", "doc": "", "unconfirmed": "x"}
    return Confirmation(**{**plain, **changed})


def test_a_sensor_of_its_own_that_is_apart_will_do() -> None:
    own = replaced({"witness": "valve.state", "own_sensor": "a switch apart"})
    assert witness_problems((own, BOTH[1]), DEVICES) == []


def test_a_witness_that_loses_power_with_what_it_sees_is_refused_unless_it_is_said_why() -> None:
    switches = {"valve": "left", "gauge": "left"}
    [problem, other] = witness_problems(BOTH, DEVICES, lambda name: switches.get(name, ""))
    assert problem.startswith("valve.blow: valve and its witness gauge hang on the same power")
    assert "switch, left: name another" in problem and other.startswith("valve.look_by_blowing: ")
    assert witness_problems(BOTH, DEVICES, lambda name: f"of the {name}") == []
    assert witness_problems(BOTH, DEVICES, lambda name: "") == [], "none has a switch"
    rows = tuple(replace(row, same_switch="it stays open without power") for row in BOTH)
    assert witness_problems(rows, DEVICES, lambda name: "left") == []
    own = replaced({"witness": "valve.state", "own_sensor": "a switch apart"})
    assert witness_problems((own, rows[1]), DEVICES, lambda name: "left") == []


def test_what_is_no_actuation_or_no_method_is_told() -> None:
    told = witness_problems((*BOTH, replaced({"actuation": "gauge.pressure"})), DEVICES)
    assert told == ["gauge.pressure: gauge.pressure is no actuation"]
    [unknown] = witness_problems((*BOTH, replaced({"actuation": "valve.blw"})), DEVICES)
    assert unknown.startswith("valve.blw: valve.blw: ")


def test_the_part_of_an_actuation_is_in_its_name() -> None:
    assert GOOD.what == "valve.blow"
    assert replaced({"part": "left"}).what == "valve.blow left"
    assert (GOOD.device, GOOD.seen_by) == ("valve", "gauge")

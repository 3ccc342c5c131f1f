"""The protections that can be left out of a run: each has a name, and no other name is taken."""

import pytest

from flight.configuration.files import ConfigurationError
from flight.core.fault_protection.safeguards import Safeguard
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.core.fault_protection.tables import Table
from flight.lander.safeguards import LANDER_SAFEGUARDS
from ground.missions.protection_files import load_protection, protection_names, without
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.computers.protections import check_protections, known_protections, parts_without

ONE, OTHER = Safeguard("one", "does one thing"), Safeguard("other", "does another")


def test_a_safeguard_is_kept_unless_it_is_named() -> None:
    assert STRUCTURE.keeps(ONE)
    without = Structure(left_out=frozenset({"one"}))
    assert not without.keeps(ONE)
    assert without.keeps(OTHER)


def test_a_star_leaves_out_all() -> None:
    parts = parts_without(["*"])
    assert not parts.structure.keeps(ONE)
    assert parts.structure.gate_is_open


def test_the_safeguards_of_a_vehicle_are_known_where_it_takes_part() -> None:
    names = {each.name for each in LANDER_SAFEGUARDS}
    assert names <= set(known_protections(["lander", "rover"]))
    assert not names & set(known_protections(["rover"]))


def test_no_two_protections_have_one_name() -> None:
    meant: dict[str, set[str]] = {}
    for vehicle in ALL_VEHICLES:
        for name, doc in known_protections([vehicle]).items():
            sort, is_of_table, _ = doc.partition(": ")
            meant.setdefault(name, set()).add(sort if is_of_table else doc)
    assert [name for name, docs in meant.items() if len(docs) > 1] == []


@pytest.mark.requirement("FP-08")
@pytest.mark.parametrize("vehicle", ALL_VEHICLES)
def test_each_entry_of_a_table_is_known_and_off_is_off(vehicle: str) -> None:
    whole = load_protection(vehicle)
    names = protection_names(whole)
    assert {*whole.monitors, *whole.responses} <= set(names) <= set(known_protections([vehicle]))
    for name in names:
        check_protections([name], [vehicle])
        left = without(whole, [name])
        assert not stands(left, name)
        others = [each for each in names if each != name]
        assert [each for each in others if stands(left, each)] == others
    assert protection_names(without(whole, ["*"])) == {}
    with pytest.raises(ConfigurationError, match="battery_lo"):
        check_protections(["battery_lo"], [vehicle])


def stands(table: Table, name: str) -> bool:
    """Whether what a name stands for still does something."""
    if name in table.monitors:
        return table.monitors[name].enabled
    return name in protection_names(table)


def test_what_is_off_in_a_run_is_off_on_board() -> None:
    whole = load_protection("lander")
    assert without(whole, ["watchdog", "no_such_name"]) == whole  # other names are passed over
    left = without(whole, ["save_energy", "battery_low", "command_loss", "confirm_communication"])
    assert "save_energy" not in left.responses and not left.monitors["battery_low"].enabled
    assert left.timers.command_loss is None and left.timers.confirm_communication is None


def test_a_name_that_no_protection_has_is_refused() -> None:
    check_protections(["*", "touchdown_latch"], ["lander"])
    with pytest.raises(ConfigurationError, match=r"touchdown_lach.*did you mean touchdown_latch"):
        check_protections(["touchdown_lach"], ["lander"])
    with pytest.raises(ConfigurationError, match="touchdown_latch"):
        check_protections(["touchdown_latch"], ["rover"])

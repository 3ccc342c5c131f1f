"""The protections that can be left out of a run: each has a name, and no other name is taken."""

import pytest

from flight.configuration.files import ConfigurationError
from flight.core.fault_protection.safeguards import Safeguard
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.lander.safeguards import LANDER_SAFEGUARDS
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.protections import check_protections, known_protections, parts_without

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
            meant.setdefault(name, set()).add(doc)
    assert [name for name, docs in meant.items() if len(docs) > 1] == []


def test_a_name_that_no_protection_has_is_refused() -> None:
    check_protections(["*", "touchdown_latch"], ["lander"])
    with pytest.raises(ConfigurationError, match=r"touchdown_lach.*did you mean touchdown_latch"):
        check_protections(["touchdown_lach"], ["lander"])
    with pytest.raises(ConfigurationError, match="touchdown_latch"):
        check_protections(["touchdown_latch"], ["rover"])

"""What single protections are for: each has a drill that is lost without it."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.drills.finding import drills_in
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.computers.protections import known_protections
from tests.ground.drills.commanded import all_are_shown

FOLDER = configs_folder() / "drills" / "protections"


def test_each_file_is_named_after_the_one_protection_that_it_shows() -> None:
    known = known_protections(ALL_VEHICLES)
    drills = drills_in([FOLDER])
    assert {drill.name.partition(".")[0] for drill in drills} == {
        file.stem for file in FOLDER.glob("*.yaml")
    }
    for drill in drills:
        (protection,) = drill.protects
        assert protection in known and drill.name.partition(".")[0] == protection
        assert drill.faults and drill.doc, drill.name


@pytest.mark.check
def test_each_is_survived_with_its_protection_and_not_without(tmp_path: Path) -> None:
    all_are_shown(tmp_path, "protections")

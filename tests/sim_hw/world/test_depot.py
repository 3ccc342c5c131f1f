"""The published depot, and how its tubes lie."""

import random
from math import hypot, tau
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError, find_configuration
from sim_hw.world.depot import (
    Depot,
    depot_geometry,
    depot_registry,
    load_depot,
    local_position,
    true_lying_poses,
)
from sim_hw.world.tubes import SampleKind

DEPOT_FILE = find_configuration("world", "three_forks_depot")

PUBLISHED_STEPS = (7.74, 14.81, 5.50, 6.97, 5.98, 6.10, 18.96, 6.58, 20.12)


@pytest.fixture(scope="module")
def depot() -> Depot:
    return load_depot()


def test_depot_has_its_ten_tubes_in_the_order_of_the_drops(depot: Depot) -> None:
    assert [tube.number for tube in depot.tubes] == list(range(1, 11))
    assert depot.tubes[0].name == "Malay" and depot.tubes[-1].name == "Amalik"
    sols = [tube.dropped_sol for tube in depot.tubes]
    assert sols == sorted(sols) and (sols[0], sols[-1]) == (653, 690)
    assert all(tube.cored_sol < tube.dropped_sol for tube in depot.tubes)


def test_depot_holds_the_published_kinds(depot: Depot) -> None:
    kinds = [tube.kind for tube in depot.tubes]
    assert kinds.count(SampleKind.IGNEOUS_CORE) == 4
    assert kinds.count(SampleKind.SEDIMENTARY_CORE) == 3
    assert depot.tube("M2020-00586-18").kind is SampleKind.WITNESS
    assert depot.tube("M2020-00164-02").name == "Roubion"


def test_latitude_and_longitude_give_the_published_metres(depot: Depot) -> None:
    for tube, (east, north) in zip(depot.tubes, depot.positions(), strict=True):
        assert east == pytest.approx(tube.east, abs=0.05)
        assert north == pytest.approx(tube.north, abs=0.05)


def test_depot_has_its_published_spacing_path_and_extent(depot: Depot) -> None:
    geometry = depot_geometry(depot.positions())
    assert geometry.steps == pytest.approx(PUBLISHED_STEPS, abs=0.05)
    assert geometry.path == pytest.approx(92.8, abs=0.05)
    assert geometry.minimum_separation == pytest.approx(5.5, abs=0.05)
    assert geometry.extent_east == pytest.approx(47.9, abs=0.05)
    assert geometry.extent_north == pytest.approx(49.8, abs=0.05)


def test_sphere_of_the_local_ground_changes_the_path_by_a_decimetre(depot: Depot) -> None:
    local = [
        local_position(
            tube.latitude_degrees, tube.longitude_degrees, 18.452630, 77.407753, 3_391_936.53
        )
        for tube in depot.tubes
    ]
    assert depot_geometry(local).path == pytest.approx(92.69, abs=0.01)


def test_degrees_of_longitude_shrink_with_latitude() -> None:
    east, north = local_position(60.0, 10.001, 60.0, 10.0, 1000_000.0)
    assert east == pytest.approx(0.5 * tau / 360.0 * 1000.0)
    assert north == 0.0


def test_tubes_lie_within_a_metre_of_the_localisation(depot: Depot) -> None:
    for seed in range(20):
        poses = true_lying_poses(depot, random.Random(seed))
        assert list(poses) == [tube.id for tube in depot.tubes]
        for tube in depot.tubes:
            pose = poses[tube.id]
            assert 0.0 < hypot(pose.east - tube.east, pose.north - tube.north) <= 1.0
            assert 0.0 <= pose.heading < tau and 0.0 <= pose.dust_cover <= 0.5


def test_lying_poses_repeat_with_their_seed_and_stand_on_the_ground(depot: Depot) -> None:
    first = true_lying_poses(depot, random.Random(3), lambda east, north: east - north)
    assert first == true_lying_poses(depot, random.Random(3), lambda east, north: east - north)
    assert first != true_lying_poses(depot, random.Random(4), lambda east, north: east - north)
    assert all(pose.elevation == pose.east - pose.north for pose in first.values())


def test_offsets_are_even_over_the_disc(depot: Depot) -> None:
    inner = total = 0
    for seed in range(300):
        poses = true_lying_poses(depot, random.Random(seed))
        for tube in depot.tubes:
            pose = poses[tube.id]
            inner += hypot(pose.east - tube.east, pose.north - tube.north) <= 0.5
            total += 1
    assert inner / total == pytest.approx(0.25, abs=0.03)


def test_unknown_tube_is_named_with_the_known_ones(depot: Depot) -> None:
    with pytest.raises(KeyError, match="M2020-00337-08"):
        depot.tube("M2020-00000-00")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("number: 2", "numbre: 2", "numbre"),
        ("dropped_sol: 655", "dropped_sol: soon", "dropped_sol"),
        ("kind: witness", "kind: water", "kind"),
        ("id: M2020-00579-17", "id: M2020-00337-08", "M2020-00337-08"),
        ("name: Mageik", "name: [", "three"),
        ("value: 0.186", "value: 18.6", "lying_length"),
    ],
)
def test_wrong_depot_file_is_refused_with_its_name(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    path = tmp_path / "three.yaml"
    text = DEPOT_FILE.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_depot(path)
    assert "three.yaml" in str(caught.value)


def test_registry_of_the_depot_begins_with_every_tube_on_the_ground(depot: Depot) -> None:
    world = depot_registry(depot, random.Random(3))
    assert world.at("ground") == tuple(tube.id for tube in depot.tubes)
    poses = true_lying_poses(depot, random.Random(3))
    assert all(world.state(tube.id).pose == poses[tube.id] for tube in world.tubes)

"""The way home: from hand to hand, in the best window, to the ground.

With two tubes in the window of 2028; the whole campaign is among the checks.
"""

import json
from typing import TYPE_CHECKING, Any

import pytest

POWER_OFF_AFTER = 1.2 * 88775.24414688001  # s: sols

if TYPE_CHECKING:
    from conftest import Flown, Fly

pytestmark = pytest.mark.mission

BEST_C3 = {"return": 6.148, "nominal": 5.430}
"""km2/s2, of the windows of 2028 and 2030, by the ephemeris."""


@pytest.fixture(
    params=[
        pytest.param("return", marks=pytest.mark.flies("return")),
        pytest.param("nominal", marks=[pytest.mark.flies("nominal"), pytest.mark.check]),
    ]
)
def home(request: pytest.FixtureRequest, flown: "Fly") -> "Flown":
    return flown(request.param)


def events(run: "Flown", source: str, name: str) -> list[dict[str, Any]]:
    """What a vehicle has told under a name, in order."""
    lines = (run.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    every = [json.loads(line) for line in lines]
    return [event for event in every if (event["source"], event["name"]) == (source, name)]


def switched_off(run: "Flown") -> dict[str, float]:
    """When each vehicle that had itself decommissioned was off, in seconds of mission time."""
    rows = run.query(
        "SELECT rungs.source, rungs.occurred_ns / 1e9 FROM rungs JOIN commands USING (identifier) "
        "WHERE name = 'decommission' AND stage = 'fire' AND rung = 'COMPLETED' AND repeated = 0"
    )
    return {source: seconds + POWER_OFF_AFTER for source, seconds in rows}


def test_each_tube_went_from_hand_to_hand_and_was_seen_in_each(home: "Flown") -> None:
    manifest = {tube["id"]: tube for tube in home.manifest}
    for tube in home.mission.wanted:
        steps = manifest[tube]["hand_overs"]
        places = list(dict.fromkeys(step["place"] for step in steps))
        way = ["ground", "rover_rack", "container", "orbiter", "entry_capsule", "earth"]
        assert [place for place in places if place in way] == way
        assert all(step["verified_by"] and step["reading"] for step in steps)


@pytest.mark.requirement("FLT-08")
def test_the_orbiter_leaves_with_the_energy_of_the_best_of_the_window(home: "Flown") -> None:
    [departed] = events(home, "orbiter", "departed")
    assert departed["data"]["c3"] == pytest.approx(BEST_C3[home.mission.name], abs=0.05)


def test_the_capsule_has_landed_and_its_beacon_sends(home: "Flown") -> None:
    [landed] = events(home, "entry", "touched_down")
    assert landed["data"]["shock"] > 100.0  # g
    assert len(events(home, "entry", "beacon_sends")) == 1


@pytest.mark.requirement("FLT-04")
def test_it_came_down_in_the_ellipse_that_was_predicted_before_its_release(home: "Flown") -> None:
    touchdown = home.summary["touchdown"]
    assert touchdown["miss_km"] < 15.0 and touchdown["in_ellipse"]
    predicted = touchdown["predicted"]
    assert 5.0 < predicted["short_semi_axis_km"] <= predicted["long_semi_axis_km"] < 29.0
    assert predicted["entry_angle_deg"] == pytest.approx(-25.0, abs=0.1)
    [released] = events(home, "orbiter", "capsule_released")
    told = events(home, "orbiter", "landing_predicted")
    assert told[-1]["time_ns"] < released["time_ns"]


def test_who_was_decommissioned_is_silent_from_then_on(home: "Flown") -> None:
    off = switched_off(home)
    assert set(off) >= {"rover", "arm", "mav", "lander"}
    for vehicle, instant in off.items():
        assert instant < home.facts.mission_seconds
        said = home.query(
            f"SELECT MAX(occurred_ns) FROM events WHERE source = '{vehicle}' UNION ALL "
            f"SELECT MAX(occurred_ns) FROM rungs WHERE source = '{vehicle}' UNION ALL "
            "SELECT MAX(occurred_ns) FROM samples JOIN streams USING (stream) "
            f"WHERE source = '{vehicle}'"
        )
        assert max(last for (last,) in said if last is not None) / 1e9 <= instant, vehicle

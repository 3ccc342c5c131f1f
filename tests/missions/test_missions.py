"""Each mission end to end: it succeeds, every tube is where it should be, every command ended."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ground.reports.run_check import complaints

if TYPE_CHECKING:
    from conftest import Flown, Fly

pytestmark = pytest.mark.mission

QUICK = ("surface", "short", "return")
# What two of them are about is in test_fallbacks.
LONG = ("perseverance_delivers", "rover_arm_loads", "nominal")
ENDS = {"surface": "mav", "return": "earth", "nominal": "earth"}
TOLD = (
    "verdict", "phases", "tubes", "log_sha256", "wall_seconds", "mission_seconds", "peak_rss_mb",
    "messages",
)  # fmt: skip


def _shared(name: str) -> Any:
    marks = [pytest.mark.flies(name), *([pytest.mark.check] if name in LONG else [])]
    return pytest.param(name, marks=marks)


@pytest.fixture(params=[_shared(name) for name in (*QUICK, *LONG)])
def run(request: pytest.FixtureRequest, flown: "Fly") -> "Flown":
    return flown(request.param)


def expected_places(flown: "Flown") -> Mapping[str, str]:
    """Where each tube that somebody was to bring has to be at the end."""
    wanted = flown.mission.wanted
    if flown.mission.name == "perseverance_delivers":
        wanted = tuple(tube.id for tube in flown.mission.held)
    return dict.fromkeys(wanted, ENDS.get(flown.mission.name, "orbit"))


@pytest.mark.requirement("RUN-09")
def test_it_succeeds_without_a_breach_of_custody(run: "Flown") -> None:
    assert run.facts.verdict == "success", run.summary["reason"]
    assert run.summary["custody_violations"] == []
    assert complaints(run.folder) == []


def test_the_tubes_are_where_they_were_to_be_brought(run: "Flown") -> None:
    expected = expected_places(run)
    assert {tube: run.places[tube] for tube in expected} == dict(expected)


@pytest.mark.requirement("CUS-01")
def test_every_tube_is_accounted_for_as_it_truly_is(run: "Flown") -> None:
    tubes = {tube["id"]: tube for tube in run.summary["tubes"]}
    assert set(tubes) == {t.id for t in (*run.mission.depot.tubes, *run.mission.held)}
    for tube in tubes.values():
        assert tube["stated_place"] in (tube["place"], None)
        assert tube["custody"]


@pytest.mark.requirement("CUS-12")
def test_what_stays_behind_is_stated(run: "Flown") -> None:
    aboard = [t for t, place in run.places.items() if place in ("mav", "orbit", "earth")]
    assert run.summary["left_behind"] == [t for t in run.mission.wanted if t not in aboard]
    if run.summary["left_behind"]:
        assert "not all tubes" in run.summary["reason"]


@pytest.mark.requirement("RUN-09")
def test_the_summary_says_what_it_is_to_say(run: "Flown") -> None:
    assert [key for key in TOLD if key not in run.summary] == []
    assert len(run.summary["log_sha256"]) == 64
    assert [phase["ended"] for phase in run.summary["phases"]].count(None) == 0
    assert run.summary["messages"] > 1000


@pytest.mark.requirement("CMD-01")
def test_each_command_of_the_archive_has_one_verdict(run: "Flown") -> None:
    commands = run.query("SELECT identifier, verdict FROM commands")
    assert len(commands) > 10
    assert [identifier for identifier, verdict in commands if verdict is None] == []
    ends = run.query(
        "SELECT identifier, COUNT(*) FROM rungs WHERE repeated = 0 AND rung IN "
        "('REJECTED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'ABORTED') GROUP BY identifier"
    )
    assert [identifier for identifier, count in ends if count != 1] == []
    unanswered = {identifier for identifier, verdict in commands if verdict == "UNANSWERED"}
    assert {i for i, _ in commands} - {i for i, _ in ends} <= unanswered


@pytest.mark.requirement("CUS-10")
def test_the_manifest_has_each_hand_over_with_evidence(run: "Flown") -> None:
    manifest = {tube["id"]: tube for tube in run.manifest}
    for tube, place in expected_places(run).items():
        steps = manifest[tube]["hand_overs"]
        assert [step["place"] for step in steps][-1] == place
        assert len(steps) >= 3
        for step in steps:
            assert step["verified_by"] and step["reading"]
            assert step["verified_by"] != step["moved_by"]
            assert step["received"] >= step["time"]


@pytest.mark.check
@pytest.mark.flies("perseverance_delivers")
@pytest.mark.requirement("FLT-06")
def test_the_loss_of_the_rover_is_followed_by_perseverance(flown: "Fly") -> None:
    run = flown("perseverance_delivers")
    assert list(run.summary["vehicles_lost"]) == ["rover"]
    assert sum(place == "rover_rack" for place in run.places.values()) == 4
    assert len(run.summary["left_behind"]) == 10


@pytest.mark.check
@pytest.mark.flies("rover_arm_loads")
@pytest.mark.requirement("FLT-07")
def test_the_transfer_arm_moves_no_tube_once_it_has_failed(flown: "Fly") -> None:
    run = flown("rover_arm_loads")
    movers = {
        step["moved_by"].split(".")[0]
        for tube in run.manifest
        for step in tube["hand_overs"]
        if step["place"] == "container"
    }
    assert movers == {"rover"}
    [(verdict,)] = run.query("SELECT verdict FROM commands WHERE name = 'load_tubes'")
    assert verdict == "FAILED"
    [(verdict,)] = run.query("SELECT verdict FROM commands WHERE name = 'close_container_lid'")
    assert verdict == "COMPLETED"


@pytest.mark.flies("short")
def test_the_run_leaves_what_a_person_looks_for(flown: "Fly") -> None:
    folder: Path = flown("short").folder
    for name in ("summary.json", "events.jsonl", "ground/archive.sqlite", "ground/manifest.md"):
        assert (folder / name).stat().st_size > 0, name

"""A twin is believed where it has told the same as the run: what differs, and for how long."""

from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.preview.agreement import Agreement
from ground.preview.bands import load_twin_file

FILE = load_twin_file()
PATIENCE = round(FILE.patience * SOL_SECONDS * 1e9)
TUBES = {"T1": "depot"}


def rows(mode: str = "idle", charge: Any = 0.5, east: Any = 10.0, state: str = "OK") -> list[Any]:
    return [
        ["rover", "mode", mode, 0, 0, state],
        ["rover", "state_of_charge", charge, 0, 0, "OK"],
        ["rover", "east", east, 0, 0, "OK"],
        ["rover", "speed", 7.0, 0, 0, "OK"],
    ]


def compared(ours: list[Any], twins: list[Any], tubes: Any = TUBES) -> str:
    agreement = Agreement(FILE, str)
    agreement.compare(5, ours, twins, TUBES, tubes)
    return agreement.why_not()


@pytest.mark.parametrize(
    "twins",
    [
        rows(),
        rows(charge=0.64, east=10.0 - FILE.bands.east),
        [*rows()[:3], ["rover", "speed", -999.0, 0, 0, "RED"]],  # nobody compares it
        rows()[:1],  # what it has not told yet, apart from its mode
        [*rows(), ["rover", "north", 3.0, 0, 0, "OK"]],
    ],
)
def test_a_twin_that_is_near_enough_agrees(twins: list[Any]) -> None:
    assert compared(rows(), twins) == ""


@pytest.mark.parametrize(
    ("twins", "words"),
    [
        (rows(mode="driving"), "rover.mode is idle, and the twin says driving"),
        (rows(charge=0.66), "rover.state_of_charge is 0.5, and the twin says 0.66"),
        (rows(east=-0.1), "rover.east is 10, and the twin says -0.1"),
        (rows(charge=None), "the twin says None"),
        (rows(charge=float("nan")), "the twin says nan"),
        ([], "rover.mode is idle, and the twin has not told it"),
        ([*rows(), ["arm", "mode", "stowed", 0, 0, "OK"]], "arm.mode was told by the twin alone"),
    ],
)
def test_a_twin_that_is_not_is_said_to_differ(twins: list[Any], words: str) -> None:
    said = compared(rows(), twins)
    assert said.startswith("the twin differs since 5: ") and words in said


def test_a_vehicle_that_is_silent_while_its_twin_is_heard_differs() -> None:
    assert "rover is silent, its twin is heard" in compared(rows(state="STALE"), rows())


def test_a_twin_that_is_silent_for_a_pass_or_two_says_what_it_would_do_and_then_no_more() -> None:
    agreement = Agreement(FILE, lambda ns: f"{ns} ns")
    words = "rover is heard, its twin is silent"
    for time in (5, 5 + PATIENCE):
        agreement.compare(time, rows(), rows(state="STALE"), TUBES, TUBES)
        assert agreement.why_not() == "" and agreement.cautions({"rover"}) == [words]
    agreement.compare(6 + PATIENCE, rows(), rows(state="STALE"), TUBES, TUBES)
    assert agreement.why_not() == f"the twin parted at 5 ns: {words}"


def test_a_tube_is_at_the_same_place() -> None:
    assert "T1 is at depot, and the twin's at rover_rack" in compared(
        rows(), rows(), {"T1": "rover_rack"}
    )
    assert "the twin's at no known place" in compared(rows(), rows(), {})


def test_what_a_mode_is_in_detail_is_a_caution() -> None:
    agreement = Agreement(FILE, str)
    ours, twins = rows(mode="surface.fetching.driving"), rows(mode="surface.fetching.grasping")
    agreement.compare(5, ours, twins, TUBES, TUBES)
    assert agreement.why_not() == ""
    assert "the twin says surface.fetching.grasping" in agreement.cautions({"rover"})[0]
    assert "surface.idle" in compared(ours, rows(mode="surface.idle"))
    assert "safe" in compared(rows(mode="safe"), rows(mode="stowed"))


def test_only_what_is_concerned_forbids_and_the_rest_is_told() -> None:
    agreement = Agreement(FILE, str)
    arm = ["arm", "mode", "ready.idle", 0, 0, "OK"]
    agreement.compare(5, [*rows(), arm], rows(mode="driving"), TUBES, {"T1": "rover_rack"})
    arm_told, rover = "arm.mode is ready.idle, and the twin has not told it", "rover.mode is idle"
    tube = "T1 is at depot"
    assert rover in agreement.why_not({"rover"}) and arm_told in agreement.why_not({"arm"})
    assert tube in agreement.why_not({"T1"})  # a command that names it
    assert agreement.why_not({"lander"}) == "" and len(agreement.cautions({"lander"})) == 3
    assert agreement.cautions({"rover"}) == [arm_told]  # whose rack the tube is in, there
    assert len(agreement.cautions({"arm"})) == 2


def test_whom_a_command_concerns() -> None:
    fetch = {"vehicle": "rover", "arguments": {"tubes": ["T1", "T2"], "deep": {"x": ["T3", 1]}}}
    assert FILE.concerned([fetch]) == {"rover", "T1", "T2", "T3"}
    load = {"vehicle": "arm", "arguments": {}}
    assert FILE.concerned([fetch, load]) >= {"rover", "arm", "lander", "mav"}
    assert FILE.concerned([]) == frozenset()


def test_a_difference_that_passes_is_forgotten_and_one_that_lasts_is_said_to_have() -> None:
    agreement = Agreement(FILE, lambda ns: f"{ns} ns")
    for time, mode in ((0, "idle"), (10, "driving"), (10 + PATIENCE, "driving")):
        agreement.compare(time, rows(), rows(mode=mode), TUBES, TUBES)
    assert "the twin differs since 10 ns" in agreement.why_not()
    agreement.compare(20 + PATIENCE, rows(), rows(mode="driving"), TUBES, TUBES)
    assert agreement.why_not().startswith("the twin parted at 10 ns: rover.mode")
    agreement.compare(30 + PATIENCE, rows(), rows(), TUBES, TUBES)
    assert agreement.why_not() == ""

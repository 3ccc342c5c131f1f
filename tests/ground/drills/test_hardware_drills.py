"""Single faults of sensors and actuators: written from what a flight really calls."""

from pathlib import Path

import pytest

from ground.drills.hardware_drills import (
    ACTUATOR,
    NOT_SURVIVED,
    OWN_SHOWN,
    SENSOR,
    SHOWN_MODES,
    _fits,
    hardware_drills,
    not_detectable,
    write_hardware,
)
from ground.drills.places import LASTS
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.survey import Calls, Survey
from ground.drills.variants import load_variants
from sim_hw.faults.catalogue import catalogue

LEAD = 0.5


@pytest.fixture
def survey(survey: Survey) -> Survey:
    """A second reading comes soon after the one in the middle; and there is what no device does."""
    survey.calls = [
        Calls("rover.wheels", "state", "surface", 3, [2_000.0, 3_000.0, 3_500.0]),
        Calls("rover.wheels", "turn", "surface", 1, [2_500.0]),
        Calls("arm.gripper", "state", "loading", 3, [400_200.0, 400_300.0, 400_400.0]),
        Calls("ground.other", "state", "loading", 1, [400_200.0]),
        Calls("rover", "", "loading", 1, [400_200.0], sort="bus"),
    ]
    return survey


def test_each_device_is_broken_where_it_is_used_by_what_shows(
    scenario: Scenario, survey: Survey
) -> None:
    found = hardware_drills(scenario, survey)
    assert {file: list(plain["cases"]) for file, plain in found.items()} == {
        "surface_rover": [
            "wheels_sensor", "wheels_sensor_for_good",
            "wheels_actuator", "wheels_actuator_for_good",
        ],
        "loading_arm": ["gripper_sensor", "gripper_sensor_for_good"],
    }  # fmt: skip
    cases = found["surface_rover"]["cases"]
    sensor, actuator = cases["wheels_sensor"], cases["wheels_actuator"]
    assert set(sensor["sweep"]["single.kind"]) == set(SENSOR)
    assert set(actuator["sweep"]["single.kind"]) == set(ACTUATOR)
    assert sensor["faults"][0]["method"] == "state" and actuator["faults"][0]["method"] == "turn"
    assert sensor["start"]["delay"] == f"{3_000.0 - LEAD - 1_000.0:.3f} s"  # the call in the middle
    shortest, longest = LASTS["surface"]
    lasts = float(sensor["faults"][0]["lasts"].removesuffix(" s"))
    assert shortest < lasts < longest


def test_healed_the_flight_goes_on_and_broken_for_good_it_is_told(
    scenario: Scenario, survey: Survey
) -> None:
    cases = hardware_drills(scenario, survey)["surface_rover"]["cases"]
    healed, for_good = cases["wheels_actuator"], cases["wheels_actuator_for_good"]
    assert healed["always"] == ["no_vehicle_lost", "no_tube_unknown"]
    then = healed["heal"]["then"]
    assert then["state"] == "arm.ready.idle", "two sols ahead at least"
    begin, lasts = 2_500.0 - LEAD, float(healed["faults"][0]["lasts"].removesuffix(" s"))
    limit = 1.5 * (400_000.0 - begin - lasts)
    assert float(then["in"].removesuffix(" s")) == pytest.approx(limit)
    assert "lasts" not in for_good["faults"][0] and "heal" not in for_good
    assert for_good["within"]["told"] == {"warning": "rover", "in": then["in"]}
    assert for_good["start"] == healed["start"] and "always" not in for_good


def test_a_drill_ends_where_the_flight_without_faults_knows_its_tubes(
    scenario: Scenario, survey: Survey
) -> None:
    def state() -> str:
        cases = hardware_drills(scenario, survey)["surface_rover"]["cases"]
        return str(cases["wheels_actuator"]["heal"]["then"]["state"])

    survey.unknown = [(300_000.0, ["a"]), (600_000.0, [])]
    assert state() == "mav.sealed", "one is let go, and out of sight, when the arm is ready"
    survey.unknown = [(2_000.0, ["a"]), (600_000.0, [])]
    assert state() == "arm.ready.idle", "it is unknown at the begin, too"
    survey.unknown = [(300_000.0, ["a"]), (400_000.0, [])]
    assert state() == "arm.ready.idle", "it is known again at that instant"
    survey.unknown = [(2_000.0, ["a"]), (300_000.0, ["a", "b"])]
    assert "surface_rover" not in hardware_drills(scenario, survey), "nor is there another end"


def test_no_answer_that_shows_after_the_next_milestone_only_is_listed_with_its_phase(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    survey.steps = [step for step in survey.steps if step.state != "ready"]
    last = survey.steps[-1].time
    listed = "- `effect_without_acknowledgement`: rover.uhf (in the phase loading)"
    for call, kinds in ((last - 4_700.0, None), (last - 6_000.0, list(ACTUATOR))):
        survey.calls = [Calls("rover.uhf", "transmit", "loading", 1, [call])]  # 7200 s / 1.5
        write_hardware(tmp_path, scenario, survey)
        (drill, *others) = load_variants(tmp_path / "loading_rover.yaml")
        assert drill.faults[0].method == "transmit" and len(others) == (3 if kinds else 1)
        assert (listed in (tmp_path / "NOT_DETECTABLE.md").read_text()) == (kinds is None)


@pytest.mark.parametrize(
    ("method", "count", "looked_at"), [("state", 1, True), ("state", 9, False), ("close", 1, False)]
)
def test_what_nobody_else_asks_is_told_after_the_next_housekeeping(
    scenario: Scenario, survey: Survey, method: str, count: int, looked_at: bool
) -> None:
    last = survey.steps[-1].time
    survey.calls = [Calls("arm.gripper", method, "loading", count, [last - 600.0])]
    sort = "sensor" if method == "state" else "actuator"
    case = hardware_drills(scenario, survey)["loading_arm"]["cases"][f"gripper_{sort}_for_good"]
    told = float(case["within"]["told"]["in"].removesuffix(" s"))
    assert (told == 7_200.0 + 371.0) == looked_at, told
    assert float(case["horizon"].removesuffix(" s")) > told


def test_what_is_called_before_a_drill_can_begin_is_not_meant(
    scenario: Scenario, survey: Survey
) -> None:
    survey.calls = [Calls("rover.wheels", "turn", "surface", 2, [0.0, LEAD])]
    assert hardware_drills(scenario, survey) == {}


def test_a_stamp_that_stands_still_shows_by_the_second_reading_only(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    survey.calls[0].times = [2_000.0, 3_000.0, 4_000.0]  # the next one is after its end
    cases = hardware_drills(scenario, survey)["surface_rover"]["cases"]
    assert set(cases["wheels_sensor"]["sweep"]["single.kind"]) == set(SENSOR) - {"stale_stamp"}
    assert cases["wheels_sensor_for_good"]["sweep"] == cases["wheels_sensor"]["sweep"]
    survey.calls[0].count = 5  # asked often, 1200 s apart
    survey.calls[0].times = [2_000.0, 3_000.0, 5_000.0]
    cases = hardware_drills(scenario, survey)["surface_rover"]["cases"]
    assert set(cases["wheels_sensor"]["sweep"]["single.kind"]) == set(SENSOR) - {"stale_stamp"}
    assert set(cases["wheels_sensor_for_good"]["sweep"]["single.kind"]) == set(SENSOR)
    write_hardware(tmp_path, scenario, survey)
    listed = (tmp_path / "NOT_DETECTABLE.md").read_text()
    assert "- `stale_stamp`: rover.wheels (in the phase surface)" in listed


@pytest.mark.parametrize(("count", "shows"), [(3, False), (4, True), (6, True)])
def test_between_the_readings_that_a_survey_keeps_there_are_others(
    scenario: Scenario, survey: Survey, count: int, shows: bool
) -> None:
    survey.calls[0].times, survey.calls[0].count = [2_000.0, 3_000.0, 4_000.0], count
    # It lasts 774.6 s: of four in three they are 750 s apart.
    plain = hardware_drills(scenario, survey)["surface_rover"]["cases"]["wheels_sensor"]
    assert ("stale_stamp" in plain["sweep"]["single.kind"]) is shows


def test_what_is_written_is_read_and_what_is_no_longer_used_is_taken_away(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    folder = tmp_path / "hardware"
    assert write_hardware(folder, scenario, survey) == 2
    names = [d.name for file in sorted(folder.glob("*.yaml")) for d in load_variants(file)]
    assert len(names) == 2 * (2 * len(SENSOR) + len(ACTUATOR))
    survey.calls = survey.calls[2:]
    assert write_hardware(folder, scenario, survey) == 1
    assert [file.stem for file in folder.glob("*.yaml")] == ["loading_arm"]


def test_of_each_device_it_is_said_which_of_its_own_failures_show() -> None:
    listed = {(name, kind): why for name, kind, why in not_detectable(load_scenario("nominal"))}
    shown = {kind for (_, kind), why in listed.items() if why == OWN_SHOWN}
    assert shown == set(SHOWN_MODES), "each is a mode that there is"


def test_every_other_fault_of_a_device_is_listed_with_its_reason(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    listed = {(device, kind): why for device, kind, why in not_detectable(scenario)}
    for name, part in scenario.targets.parts["device"].items():
        for kind in catalogue().at("device", part):
            left_out = kind not in (*SENSOR, *ACTUATOR) or (name, kind) in NOT_SURVIVED
            assert ((name, kind) in listed) == left_out
    assert all(listed.values())
    general = set(catalogue().kinds("device"))
    own = {kind for (_, kind), why in listed.items() if "of this device alone" in why}
    assert not own & general, "each general kind has a reason of its own"
    assert "shows of itself" in listed["arm.camera", "blind"]
    assert "shows of itself" not in listed["rover.tube_rack", "stuck_open"]
    write_hardware(tmp_path, scenario, survey)
    text = (tmp_path / "NOT_DETECTABLE.md").read_text()
    assert "- `bias`: " in text and "- `dropout`" not in text
    assert "- `no_move`: mav.first_igniter" in text


def test_a_method_that_no_device_has_and_a_kind_that_does_not_fit_are_not_meant(
    scenario: Scenario, survey: Survey
) -> None:
    survey.calls = [
        Calls("rover.wheels", "fly", "surface", 9, [2_000.0, 3_000.0, 3_500.0]),
        Calls("rover.wheels", "turn", "surface", 1, [2_500.0]),
    ]
    cases = hardware_drills(scenario, survey)["surface_rover"]["cases"]
    assert list(cases) == ["wheels_actuator", "wheels_actuator_for_good"]
    part = scenario.targets.parts["device"]["rover.wheels"]
    kinds = catalogue().at("device", part)
    assert _fits(kinds["not_a_number"], part, "state") and _fits(kinds["dropout"], part, "state")
    assert not _fits(kinds["no_move"], part, "state"), "a reading moves nothing"

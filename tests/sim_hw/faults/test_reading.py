"""Faults in files: what is read, and what is refused, with file, line and key."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.missions.mission import load_mission
from ground.testbed.faults.connecting import targets_of
from sim_hw.faults.answer_kinds import Delayed
from sim_hw.faults.fault import After, Chance, InState, Nth, Target, Until
from sim_hw.faults.reading import load_faults, plain_fault
from sim_hw.faults.targets import Targets
from sim_hw.faults.value_kinds import NotANumber


@pytest.fixture(scope="module")
def targets() -> Targets:
    return targets_of(load_mission("surface"))


def written(folder: Path, text: str) -> list[Path]:
    file = folder / "faults.yaml"
    file.write_text("format: 1\nfaults:\n" + text)
    return [file]


def test_a_fault_is_read_with_its_units(tmp_path: Path, targets: Targets) -> None:
    (nan, late) = load_faults(
        written(
            tmp_path,
            "  - id: nan\n"
            "    device: lander.battery\n"
            "    method: state\n"
            "    kind: not_a_number\n"
            "    fields: [voltage]\n"
            "    when: {after: lander.booted, delay: 2 min}\n"
            "    lasts: {value: 2, unit: h}\n"
            "  - {id: late, device: rover.wheels, kind: delayed, by: 500 ms, when: {nth: 3},\n"
            "     lasts: {until: rover.entered_safe}}\n",
        ),
        targets,
    )
    assert nan.target == Target("device", "lander.battery") and nan.kind == NotANumber()
    assert nan.method == "state" and nan.fields == ("voltage",)
    assert nan.when == After(after="lander.booted", delay=120.0) and nan.lasts == 7200.0
    assert late.kind == Delayed(by=0.5) and late.when == Nth(nth=3)
    assert late.lasts == Until(until="rover.entered_safe")
    assert plain_fault(late)["kind"] == "delayed"


@pytest.mark.parametrize(
    ("when", "read"),
    [
        ("{in: rover.safe, for: 1 min}", InState(state="rover.safe", held=60.0)),
        ("{probability: 0.5}", Chance(probability=0.5)),
        ("{probability: 1 , per: 1 sol}", Chance(probability=1.0, per=88_775.244_146_88)),
    ],
)
def test_triggers(tmp_path: Path, targets: Targets, when: str, read: object) -> None:
    line = f"  - {{id: a, device: lander.battery, kind: not_a_number, when: {when}}}\n"
    (fault,) = load_faults(written(tmp_path, line), targets)
    if isinstance(read, Chance) and read.per is not None:
        assert isinstance(fault.when, Chance)
        assert fault.when.per == pytest.approx(read.per)
    else:
        assert fault.when == read


GOOD = "  - {id: a, device: lander.battery, kind: not_a_number}\n"


@pytest.mark.parametrize(
    ("was", "instead", "said"),
    [
        ("id: a", "id: A", ":3: faults[0].id = \"A\": allowed is a name"),
        ("lander.battery", "lander.batery", "did you mean lander.battery?"),
        ("device: lander.battery, ", "", "faults[0] has no target"),
        ("kind", "node: lander, kind", "faults[0] has device, node: allowed is exactly one of"),
        ("not_a_number", "not_a_numbre", "did you mean not_a_number?"),
        ("not_a_number", "bias", "faults[0].offset is missing"),
        ("not_a_number", "bias, offset: much", 'offset = "much": allowed is a finite number'),
        ("not_a_number", "bias, offset: 1, size: 2", "faults[0].size is not a known key"),
        ("not_a_number", "not_a_number, method: states", "did you mean state?"),
        ("not_a_number", "not_a_number, fields: [volts]", "faults[0].fields[0] = \"volts\""),
        ("not_a_number", "acknowledged_without_effect", "nothing that it does"),
        ("not_a_number", "delayed, by: 5", "a number with its unit"),
        ("not_a_number", "delayed, by: 5 kg", "a number with its unit"),
        ("not_a_number", "delayed, by: -5 s", "allowed is a finite number >= 0"),
        ("not_a_number", "delayed, by: 5 s, fields: [voltage]", "of a call as a whole"),
        ("not_a_number", "stuck, value: 3", "faults[0].fields: allowed is named where a value"),
        ("not_a_number", "not_a_number, lasts: long", "faults[0].lasts"),
        ("not_a_number", "not_a_number, lasts: {until: lander.boooted}", "did you mean booted?"),
        ("not_a_number", "not_a_number, when: {after: mars.booted}", "an event of"),
        ("not_a_number", "not_a_number, when: {in: rover.asleep}", 'rover.asleep": allowed is of'),
        ("not_a_number", "not_a_number, lasting: 5 s", "(did you mean lasts?)"),
        ("not_a_number", "not_a_number, when: 5 s", "allowed is a trigger, as in {at: 5 s}"),
        ("not_a_number", "not_a_number, when: {state: x}", "has state, which is no trigger"),
        ("not_a_number", "not_a_number, when: {}", "has no trigger: allowed is exactly one of at,"),
        ("not_a_number", "not_a_number, when: {at: 1 s, nth: 2}", "has at, nth"),
        ("not_a_number", "not_a_number, when: {probability: 1.5}", "<= 1"),
        ("not_a_number", "not_a_number, when: {nth: 0}", ">= 1"),
        ("}\n", "}\n" + GOOD, "faults[1].id = \"a\": allowed is an id that no other fault has"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(
    tmp_path: Path, targets: Targets, was: str, instead: str, said: str
) -> None:
    load_faults(written(tmp_path, GOOD), targets)
    with pytest.raises(ConfigurationError) as refusal:
        load_faults(written(tmp_path, GOOD.replace(was, instead, 1)), targets)
    assert said in str(refusal.value)
    assert refusal.value.line is not None and "faults.yaml" in refusal.value.file


def test_a_failure_of_its_own_that_a_general_kind_has_the_name_of_is_told(tmp_path: Path) -> None:
    of_a_descent = targets_of(load_mission("short"))
    line = "  - {id: a, device: lander.attitude_thrusters, kind: stuck}\n"
    with pytest.raises(ConfigurationError, match=r"\(but a failure of its own, own_stuck\)"):
        load_faults(written(tmp_path, line), of_a_descent)
    load_faults(written(tmp_path, line.replace("stuck", "own_stuck")), of_a_descent)


def test_another_format_is_refused(tmp_path: Path, targets: Targets) -> None:
    (file,) = written(tmp_path, GOOD)
    file.write_text(file.read_text().replace("format: 1", "format: 2"))
    with pytest.raises(ConfigurationError, match="format = 2: allowed is 1"):
        load_faults([file], targets)

"""Bad drill files: refused with file, line and reason before anything runs."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flight.configuration.files import ConfigurationError
from ground.cli import main
from ground.drills.finding import drills_in
from ground.drills.reading import load_drill
from ground.drills.results import Summary, write_results

if TYPE_CHECKING:
    from conftest import Write

from tests.ground.drills.conftest import GOOD
from tests.ground.drills.test_reports import shown

BAD = {
    # what is changed: (old, new, line, words)
    "no format": ("format: 1\n", "", 1, "format is missing"),
    "newer format": ("format: 1", "format: 2", 1, "allowed is 1, the format that this program"),
    "unknown key": ("title:", "titel: x\ntitle:", 2, "titel is not a known key: allowed is"),
    "key twice": ("title:", "format: 1\ntitle:", 2, "format"),
    "no title": (re.compile("title: .*\n"), "", 1, "title is missing"),
    "title no text": (re.compile("title: .*"), "title: [a]", 2, "allowed is a text"),
    "unknown scenario": ("scenario: short", "scenario: shrt", 3, "did you mean short?"),
    "scenario without file": ("scenario: short", "scenario: none.yaml", 3, "cannot be read"),
    "start without at": ("{at: {event: lander.parachute_open}}", "{}", 4, "start.at is missing"),
    "start at no happening": ("{event: lander.parachute_open}", "{evnt: x}", 4, "one of event"),
    "unknown event": ("parachute_open", "parachute_opn", 4, "did you mean parachute_open?"),
    "unknown vehicle": ("lander.parachute_open", "landr.x", 4, "did you mean lander?"),
    "vehicle of another mission": ("lander.parachute_open", "orbiter.booted", 4, "no vehicle of"),
    "field of no event": ("parachute_open}", "parachute_open, colour: red}", 4, "no 'colour'"),
    "start after the end": ("{event: lander.parachute_open}", "50 sol", 4, "time limit"),
    "negative delay": ("parachute_open}}", "parachute_open}, delay: -2 s}", 4, ">= 0"),
    "no horizon": ("horizon: 0.5 sol\n", "", 1, "horizon is missing"),
    "horizon without unit": ("0.5 sol", "0.5", 5, "a number with its unit"),
    "horizon in metres": ("0.5 sol", "0.5 km", 5, "a number with its unit"),
    "ends at no time": ("0.5 sol", "0.5 sol\nends: soon", 6, "one of at_horizon, when_met"),
    "horizon of zero": ("0.5 sol", "0 s", 5, "> 0"),
    "no such probe": ("battery.lander", "battery.landr", 6, "did you mean battery.lander?"),
    "wrong unit": (">= 0.15", ">= 15 V", 6, "cannot be compared"),
    "no expression": (">= 0.15", ">= 0.15 0.2", 6, "stands where the end"),
    "unknown state": ("lander.safe while", "lander.saf while", 7, "did you mean safe?"),
    "number that is not compared": ("lander.safe while", "battery.lander while", 7, "comparison"),
    "within beyond the horizon": ("5 min", "1 sol", 9, "at most the horizon"),
    "within without time": ("in: 5 min, ", "", 9, "within.recover.in is missing"),
    "within twice": ("{state:", "{event: lander.booted, state:", 9, "2 times"),
    "within of a state that is none": ("lander.landed", "lander.lande", 9, "did you mean landed?"),
    "within with a bad name": ("recover:", "Re-cover:", 9, "small letters"),
    "since when": ("since: start", "since: noon", 9, "one of hit, end, start"),
    "never against within": ("lander.safe while lander.entry", "lander.landed", 7, "forbid it or"),
    "always and never": ('"lander.safe while', '"tubes_accounted while', 7, "under always, too"),
    "protects no list": ("horizon:", "protects: x\nhorizon:", 5, "allowed is a list"),
    "protects what is no protection": (
        "horizon:", "protects: [reading_gat]\nhorizon:", 5, "did you mean reading_gate?",
    ),
    "known_fail without reason": ("horizon:", "known_fail: {until: x}\nhorizon:", 5, "is missing"),
    "seed no number": ("horizon:", "seed: one\nhorizon:", 5, "an integer"),
    "heal after the horizon": (
        "horizon:", "heal: {at: 2 sol, then: {state: lander.safe, in: 1 s}}\nhorizon:", 5,
        "less than the",
    ),
    "operator of no command": (
        "horizon:",
        "operator: [{prompt: x, after: {event: lander.standing}, do: lander.fly, deadline: 1 s}]\n"
        "horizon:", 5, "has no command 'fly'",
    ),
    "operator with a wrong argument": (
        "horizon:",
        "operator:\n  - {prompt: x, after: {event: lander.standing}, do: lander.commission,\n"
        "     deadline: 1 s, arguments: {colour: red}}\nhorizon:", 7, "no argument 'colour'",
    ),
    "sweep of what is no axis": ("horizon:", "sweep: {colour: [1]}\nhorizon:", 5, "is no axis"),
    "sweep of nothing": ("horizon:", "sweep: {seeds: []}\nhorizon:", 5, "1 to 2000 variants"),
    "heal of nothing": (
        "horizon:", "heal: {at: 2 s, then: {state: lander.safe, in: 1 s}}\nhorizon:", 5,
        "no fault that could be healed",
    ),
    "since a fault that is none": ("since: start", "since: end", 9, "allowed is since: start"),
    "since a hit, unsaid, of none": (", since: start", "", 9, 'since "hit" of a fault'),
    "event with a value of another type": (
        "parachute_open}", "reading_invalid, device: 7}", 4, "= 7: allowed is text, which",
    ),
    "event of a device that is none": (
        "parachute_open}", "reading_invalid, device: landing_rader}", 4,
        "did you mean landing_radar?",
    ),
    "event of a channel that is none": (
        "parachute_open}", "limit_red, channel: state_of_chrge}", 4,
        "did you mean state_of_charge?",
    ),
    "event of a command that is none": (
        "parachute_open}", "command_refused, command: enter_saf}", 4, "did you mean enter_safe?",
    ),
    "monitor that is none": (
        "{event: lander.parachute_open}", "{monitor: radar_rnge, of: lander}", 4,
        "a monitor of lander: one of",
    ),
    "monitor that is a response": (
        "{event: lander.parachute_open}", "{monitor: hibernate, of: lander}", 4, "a monitor of",
    ),
    "response that is none": (
        "{event: lander.parachute_open}", "{response: hibernat, of: lander}", 4,
        "did you mean hibernate?",
    ),
    "response of another vehicle": (
        "{event: lander.parachute_open}", "{response: stand_down, of: lander}", 4, "a response of",
    ),
    "delay beyond the scenario": ("parachute_open}}", "parachute_open}, delay: 40 sol}", 4,
                                  "start.delay"),
    "second coming of a time": (
        "{at: {event: lander.parachute_open}}", "{at: 5 s, nth: 2}", 4, "1: a time comes once",
    ),
    "operator slower than he may be": (
        "horizon:",
        "operator: [{prompt: x, after: {event: lander.standing}, do: lander.enter_safe,\n"
        "   deadline: 5 s, delay: 6 s}]\nhorizon:", 6, "at most the deadline (5 s)",
    ),
    "operator with more time than there is": (
        "horizon:",
        "operator: [{prompt: x, after: {event: lander.standing}, do: lander.enter_safe,\n"
        "   deadline: 1 sol}]\nhorizon:", 6, "at most the horizon",
    ),
    "known_fail until no day": ("horizon:", "known_fail: {reason: x, until: yesterday}\nhorizon:",
                                5, "a date such as"),
    "always against within": ("[tubes_accounted,", "[lander.entry,", 6, "waits for state"),
    "no YAML": ("title:", "title: {", 3, "this is not YAML"),
    "a list": (re.compile(".*", re.S), "[1]", 1, "a mapping"),
    "empty": (re.compile(".*", re.S), "", None, "empty"),
    "nothing to judge": (re.compile("always.*", re.S), "", 1, "judges nothing"),
}  # fmt: skip


WITH_FAULT = GOOD.replace("always:", """\
faults: [{id: nan, device: lander.landing_radar, method: measure, kind: not_a_number,
   fields: [range], when: {at: 5 s}, lasts: 10 s}]
always:""").replace("since: start", "since: end")
BAD_FAULT = {
    # what is changed: (old, new, line, words); None: it may be
    "as it is": ("at: 5 s", "at: 6 s", 0, None),
    "never over": (", lasts: 10 s", "", 11, "fault nan does not end before the horizon"),
    "over at the horizon": ("10 s}", "44382.7 s}", 11, "fault nan does not end"),
    "over just before it": ("10 s}", "44382.5 s}", 0, None),
    "never over, healed": (
        ", lasts: 10 s}]", "}]\nheal: {at: 1 min, then: {state: lander.landed, in: 1 min}}", 0,
        None,
    ),
    "healed at the end of none": (
        ", lasts: 10 s}]",
        "}]\nheal: {at: end_of_faults, then: {state: lander.landed, in: 1 min}}", 12, "fault nan",
    ),
    "healed as it begins": (
        "always:", "heal: {at: 5 s, then: {state: lander.landed, in: 1 min}}\nalways:", 8,
        "more than 5 s, when fault nan begins",
    ),
    "healed, since": (
        "always:", "heal: {at: 6 s, then: {state: lander.landed, in: 1 min, since: end}}\nalways:",
        8, "it counts from the healing",
    ),
    "healed, and nothing judged": (
        WITH_FAULT[WITH_FAULT.index("always:") :], "heal: {at: 1 min}\n", 1, "judges nothing",
    ),
    "healed, and judged by something else": (
        "always:", "heal: {at: 1 min}\nalways:", 0, None,
    ),
    "after the horizon": ("{at: 5 s}", "{after: lander.standing, delay: 1 sol}", 7, "when.delay"),
    "held beyond the horizon": ("{at: 5 s}", "{in: lander.landed, for: 1 sol}", 7, "when.for"),
    "tubes nowhere": ("{at: 5 s}", "{tubes: 1, place: rover_rck}", 7, "did you mean rover_rack?"),
    "too many tubes": ("{at: 5 s}", "{tubes: 2, place: rover_gripper}", 7, "at most 1, as many"),
    "as many tubes as can be": ("{at: 5 s}", "{tubes: 1, place: rover_gripper}", 0, None),
    "stuck at a text": ("not_a_number", "stuck, value: abc", 6, "a number, which range is"),
    "stuck at a switch": ("not_a_number", "stuck, value: true", 6, "a number, which range is"),
    "stuck at a number": ("not_a_number", "stuck, value: 0", 0, None),
    "part that is none": ("[range]", "[range.near]", 7, "a part that it has"),
    "item that is none": ("[range]", "['velocity[3]']", 7, "a part that it has"),
    "item that there is": ("[range]", "['velocity[2]']", 0, None),
}


def read_with_fault(write: "Write", old: str, new: str) -> ConfigurationError | None:
    """What is refused of the good file with a fault in which something is replaced."""
    assert old in WITH_FAULT
    try:
        drills_in([write(WITH_FAULT.replace(old, new, 1))])
    except ConfigurationError as refused:
        return refused
    return None


@pytest.mark.parametrize("what", BAD_FAULT)
def test_a_fault_that_could_not_be_is_refused(write: "Write", what: str) -> None:
    old, new, line, words = BAD_FAULT[what]
    refused = read_with_fault(write, old, new)
    if words is None:
        assert refused is None
        return
    assert refused is not None and words in str(refused)
    assert refused.line == line


WRONG = "ground: mission_control, kind: upload_wrong, method: load_parameters"
FLIP = "store: lander, kind: bit_flip, key: x"
OTHER_FAULTS = {
    f"{WRONG}, argument: values.slip_limit, factor: 2": None,
    f"{WRONG}, argument: values.slip_limt, factor: 2": "did you mean slip_limit?",
    f"{WRONG}, argument: valus.slip_limit, factor: 2": "did you mean values?",
    f"{WRONG}, vehicle: lander, argument: values.slip_limit, factor: 2": "an argument of",
    f"{WRONG}, argument: values.slip_limit, address: slip_limit": "the name of another one",
    f"{WRONG}, argument: values.slip_limit, address: nothing": "an argument of load_parameters",
    "ground: mission_control, kind: upload_stale, method: drive_to, vehicle: lander":
        "a command of lander",
    f"{FLIP}, namespace: memory": None,
    f"{FLIP}, namespace: custody.lander": None,
    f"{FLIP}, namespace: custody.rover": "did you mean",
    f"{FLIP}, namespace: nonsense": "allowed is one of",
}  # fmt: skip


@pytest.mark.parametrize("fault", OTHER_FAULTS)
def test_what_a_fault_names_must_be_there(write: "Write", fault: str) -> None:
    old = "device: lander.landing_radar, method: measure, kind: not_a_number,\n   fields: [range]"
    refused, words = read_with_fault(write, old, fault), OTHER_FAULTS[fault]
    assert (refused is None) == (words is None), refused
    assert words is None or words in str(refused)


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused(write: "Write", what: str) -> None:
    old, new, line, words = BAD[what]
    text = old.sub(new, GOOD, 1) if isinstance(old, re.Pattern) else GOOD.replace(old, new, 1)
    assert text != GOOD
    file = write(text)
    with pytest.raises(ConfigurationError) as refusal:
        drills_in([file])
    assert words in str(refusal.value)
    assert (refusal.value.file, refusal.value.line) == (str(file), line)


def test_the_command_refuses_before_anything_runs(
    write: "Write", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(GOOD.replace("parachute_open", "parachute_opn"))
    monkeypatch.chdir(file.parent)
    assert main(["drill", str(file)]) == 2
    assert "drill.yaml:4: start.at.event" in capsys.readouterr().err
    assert [path.name for path in file.parent.iterdir()] == ["drill.yaml"]


def test_a_folder_without_drills_and_a_file_that_is_not_there_are_refused(write: "Write") -> None:
    file = write(GOOD)
    (file.parent / "empty").mkdir()
    for name, words in (("empty", "no drill file"), ("x", "there is no such")):
        with pytest.raises(ConfigurationError, match=words):
            drills_in([file.parent / name])
    with pytest.raises(ConfigurationError, match="did you mean drill"):
        drills_in([file], only=["dril"])


def test_the_good_one_is_read_as_it_is_written(write: "Write") -> None:
    drill = load_drill(write(GOOD))
    assert (drill.name, drill.scenario, drill.seed) == ("drill", "short", 1)
    assert drill.horizon == pytest.approx(0.5 * 88775.244, rel=1e-5)
    assert [str(e.text) for e in drill.always] == ["tubes_accounted", "battery.lander >= 0.15"]
    (recover,) = drill.within
    assert (recover.name, recover.limit, recover.since) == ("recover", 300.0, "start")
    assert str(drill.start) == "event lander.parachute_open"


@pytest.mark.parametrize("text", [None, "no records", ""])
def test_a_baseline_that_is_none_is_refused_before_anything_flies(
    write: "Write", tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def flies(*_: object) -> None:
        raise AssertionError("it flies")

    monkeypatch.setattr("ground.drills.twins.fly_with_twins", flies)
    baseline = tmp_path / "baseline.jsonl"
    if text is not None:
        baseline.write_text(text)
    words = ["drill", str(write(GOOD)), "--compare", str(baseline), "--out", str(tmp_path / "out")]
    assert main([*words, "--workers", "1", "--quiet"]) == 2
    assert f"--compare = {baseline}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_record_of_other_drills_is_none_of_the_only_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_results(tmp_path, [shown("PASS")], Summary())
    words = ["drill", "--from", str(tmp_path), "--only", "nosuch", "--out", str(tmp_path / "out")]
    assert main([*words, "--workers", "1", "--quiet"]) == 2
    assert "--only = nosuch: allowed are drills of the records: radar" in capsys.readouterr().err

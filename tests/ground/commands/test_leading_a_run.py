"""Leading a run by commands: procedures, sending, previews, watching, training; what each asks."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.client import Refused
from ground.commands import previewing, procedure, send, train, watch
from tests.ground.commands.asked import EPOCH, TIMES, Control, entry, given, lines

S = 10**9


# ------------------------------------------------------------------------- procedures


@pytest.mark.parametrize(
    ("act", "words", "why", "fields"),
    [
        (None, [], "", {}), ("show", [], "", {"name": None}), ("show", ["x"], "", {"name": "x"}),
        ("run", ["x"], "", {"name": "x"}), ("submit", ["x"], "", {"name": "x"}),
        ("approve", ["x", "f00d"], "", {"name": "x", "version": "f00d"}),
        ("approve", ["x", "f00d"], "read", {"name": "x", "version": "f00d", "note": "read"}),
        ("jump", ["3"], "dust", {"step": 3, "why": "dust"}), ("jump", ["3"], "", {"step": 3}),
        ("answer", ["p", "true"], "x", {"prompt": "p", "answer": True}),
        ("poll", ["p", "no-go"], "", {"poll": "p", "answer": "no-go"}),
        ("go", [], "dust", {"why": "dust"}), ("pause", [], "", {}),
    ],
)  # fmt: skip
def test_the_words_of_a_procedure_are_its_request(
    act: str | None, words: list[str], why: str, fields: dict[str, Any]
) -> None:
    assert procedure.request_of(act, words, why) == fields


@pytest.mark.parametrize(
    ("act", "words", "allowed"),
    [
        (None, ["x"], "1 words after nothing: allowed are 0 to 0"),
        ("show", ["x", "y"], "2 words after show: allowed are 0 to 1"),
        ("run", [], "0 words after run: allowed are 1 to 1"),
        ("jump", [], "allowed are 1 to 1"), ("jump", ["1", "2"], "allowed are 1 to 1"),
        ("answer", ["p"], "allowed are 2 to 2"), ("poll", ["p", "go", "x"], "allowed are 2 to 2"),
        ("stop", ["x"], "allowed are 0 to 0"), ("run", ["x", "a=3"], "allowed are 1 to 1"),
        ("save", ["x"], "allowed are 2 to 2"), ("submit", [], "allowed are 1 to 1"),
        ("approve", ["x"], "allowed are 2 to 2"),
        ("save", ["x", "/nowhere/x.yaml"], "/nowhere/x.yaml cannot be read: No such file"),
    ],
)  # fmt: skip
def test_words_that_a_procedure_has_no_use_for_are_refused(
    act: str | None, words: list[str], allowed: str
) -> None:
    with pytest.raises(ConfigurationError, match=allowed):
        procedure.request_of(act, words, "")


@pytest.mark.parametrize(
    ("told", "state", "at"),
    [
        ({"ended": "stopped", "reason": "dust", "position": 2, "of": 9}, "stopped dust", "2 of 9"),
        ({"ended": "done", "position": 9, "of": 9}, "done", "9 of 9"),
        ({"hold": {"kind": "poll", "text": "go?"}, "position": 2, "of": 9, "doing": "wait"},
         "waits: go?", "2 of 9: wait"),
        ({"position": 0, "of": 1, "pace": "step"}, "step", "0 of 1"),
        ({"position": 0, "of": 1}, "runs", "0 of 1"),
        ({"approved": {"state": "approved"}, "draft": None}, "approved", ""),
        ({"approved": None, "draft": {"state": "submitted"}}, "submitted", ""),
        ({"approved": None, "draft": {"state": "draft"}}, "draft", ""), ({}, "-", ""),
        ({"approved": {"state": "approved"}, "draft": {"state": "submitted"}},
         "approved; a new version is submitted", ""),
        ({"position": 0, "of": 1, "draft": {"state": "draft"}}, "runs; a draft is beside it",
         "0 of 1"),
    ],
)  # fmt: skip
def test_how_and_where_a_procedure_is_in_a_word_or_two(
    told: dict[str, Any], state: str, at: str
) -> None:
    assert (procedure.state(told), procedure.at(told)) == (state, at)


async def test_a_procedure_is_shown_with_where_it_stands_and_its_last_five_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = {
        "name": "look", "title": "A look", "position": 1, "entered_ns": S, "pace": "step",
        "steps": [
            {"position": 0, "what": "wake", "vehicle": "rover", "phase": "day"},
            {"position": 1, "what": "release", "vehicle": "rover", "hazardous": True},
        ],
        "log": [[n * S, "line", n] for n in range(7)],
    }  # fmt: skip
    mc: Any = Control(procedure=told)
    await procedure._work(mc, given(procedure, "show", "look"), {"name": "look"})
    assert mc.asked == [("procedure", "look")]
    shown = lines(capsys)
    assert shown[0] == f"A look: step, since {EPOCH} 00:00:01 UTC"
    assert shown[3:5] == ["0 day rover wake", "▶ 1 - rover release hazardous"]
    assert shown[5:] == [f"{EPOCH} 00:00:0{n} UTC line {n}" for n in range(2, 7)]
    told["ended"] = "done"
    await procedure._work(mc, given(procedure, "show"), {"name": None})
    assert "▶" not in capsys.readouterr().out
    await procedure._work(mc, given(procedure, "show", "--json"), {"name": None})
    assert json.loads(capsys.readouterr().out) == told


async def test_a_procedure_is_led_by_its_name_or_is_the_missions_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drafted = {"name": "a", "draft": {"state": "draft"}}
    mc: Any = Control(ask={"says": ""}, procedures={"procedures": [drafted]})
    for words in (["go"], ["go", "--of", "look"], ["run", "look", "--of", "other"]):
        request = procedure.request_of(words[0], words[1:2] if words[0] == "run" else [], "")
        assert await procedure._work(mc, given(procedure, *words), request) == 0
    assert mc.asked == [
        ("ask", "procedure_go"), ("ask", "procedure_go", {"name": "look"}),
        ("ask", "procedure_run", {"name": "look"}),
    ]  # fmt: skip
    assert lines(capsys) == ["procedure: go is done"] * 2 + ["procedure: run is done"]
    await procedure._work(mc, given(procedure), {})
    assert lines(capsys)[-1] == "a - draft"
    await procedure._work(mc, given(procedure, "--json"), {})
    assert json.loads(capsys.readouterr().out) == [drafted]
    await procedure._work(mc, given(procedure, "go", "--json"), {})
    assert json.loads(capsys.readouterr().out) == {"says": ""}


# -------------------------------------------------------------------------------- send


class Sent(SimpleNamespace):
    def _asdict(self) -> dict[str, Any]:
        return vars(self)


async def test_a_command_is_sent_with_its_note_and_condition_and_by_who_holds_the_vehicle(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent = Sent(identifiers=["a", "b"], earliest_answer_ns=S)
    mc: Any = Control(send=sent)
    words = ["rover", "drive", "--note", "why", "--when", "dawn", "--take", "--wait"]
    mc.entries = [entry("ended", status="COMPLETED")]
    assert await send._send(mc, given(send, *words), {"east": 3}) == 0
    assert mc.asked == [
        ("take", "rover"), ("send", "rover", "drive", {"east": 3}, {"note": "why", "when": "dawn"}),
        ("ladder", "b", 7),
    ]  # fmt: skip
    assert lines(capsys)[:2] == [
        "a, b: drive to rover is released", f"first answer from {EPOCH} 00:00:01 UTC"
    ]  # fmt: skip
    mc.asked.clear()
    sent.earliest_answer_ns = None
    assert await send._send(mc, given(send, "rover", "drive"), {}) == 0
    assert mc.asked == [("send", "rover", "drive", {}, {"note": ""})]
    assert lines(capsys)[1] == "first answer from - (no pass is predicted)"
    await send._send(mc, given(send, "rover", "drive", "--json"), {})
    assert json.loads(capsys.readouterr().out) == {
        "identifiers": ["a", "b"], "earliest_answer_ns": None,
    }  # fmt: skip


async def test_when_and_how_a_command_leaves_is_sent_with_it_or_refused_first() -> None:
    mc: Any = Control(send=Sent(identifiers=["a"], earliest_answer_ns=S))
    words = ["rover", "drive", "--not-after", f"{EPOCH} 00:00:05", "--lifetime", "900", "--apart"]
    await send._send(mc, given(send, *words), {})
    terms = {"not_after": 5 * S, "lifetime": 900.0, "unit": False}
    assert mc.asked == [("send", "rover", "drive", {}, {"note": "", **terms})]
    mc.asked.clear()
    for wrong in ("tomorrow", f"{EPOCH}T00:00:05+01:00"):
        with pytest.raises(ConfigurationError, match="allowed is an hour of UTC"):
            await send._send(mc, given(send, "rover", "drive", "--take", "--not-after", wrong), {})
    assert mc.asked == []


@pytest.mark.parametrize(
    ("statuses", "code"),
    [(["SENT", "COMPLETED"], 0), (["COMPLETED", "FAILED"], 1), ([""], None), ([], None)],
)
async def test_who_waits_is_told_the_last_verdict(statuses: list[str], code: int | None) -> None:
    from ground.terminal.exit_codes import UNKNOWN

    mc: Any = Control()
    mc.entries = [entry("rung", status=each) for each in statuses]
    ended = await send._wait(mc, "c", 7, TIMES, True)
    assert ended == (UNKNOWN if code is None else code) and mc.asked == [("ladder", "c", 7)]


@pytest.mark.parametrize(
    ("what", "data", "line"),
    [
        ("rung", {"rung": "STARTED", "received_ns": 2 * S, "occurred_ns": S, "expected_ns": 3 * S,
                  "detail": "slow"},
         f"{EPOCH} 00:00:02 UTC STARTED, there {EPOCH} 00:00:01, answer expected by "
         f"{EPOCH} 00:00:03 slow"),
        ("ended", {"status": "FAILED"}, f"{EPOCH} 00:00:09 UTC FAILED"),
        ("sent", {"status": "SENT"}, f"{EPOCH} 00:00:09 UTC sent"),
    ],
)  # fmt: skip
def test_each_step_of_a_command_is_a_line(
    what: str, data: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    send._tell(entry(what, 9 * S, **data), TIMES, False)
    assert lines(capsys) == [line]
    send._tell(entry(what, 9 * S, **data), TIMES, True)
    assert json.loads(capsys.readouterr().out) == {"t": 9 * S, "what": what, **data}


def test_a_dry_run_tells_what_there_is_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    would = {"bytes": 61, "hazardous": False, "hazard": "", "mode": None, "mode_age_s": 1.5,
             "estimated": {"earliest_sent_ns": S}, "problems": []}  # fmt: skip
    assert send._tell_dry_run(would, TIMES, False) == 0
    assert lines(capsys) == [
        "bytes: 61", "hazardous: no", "mode age s: 1.5", f"leaves from: {EPOCH} 00:00:01",
        "first answer from: -",
    ]  # fmt: skip
    assert send._tell_dry_run({"problems": ["x"]}, TIMES, False) == 1
    assert lines(capsys) == ["leaves from: -", "first answer from: -", "problem: x"]
    assert send._tell_dry_run(would, TIMES, True) == 0
    assert send._tell_dry_run({"problems": ["x"]}, TIMES, True) == 1
    assert [json.loads(each) for each in lines(capsys)] == [would, {"problems": ["x"]}]


async def test_what_is_only_tried_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        send.run(given(send, "rover", "drive", "--preview", "--dry-run"))
    mc: Any = Control(dry_run={})
    await send._send(mc, given(send, "rover", "drive", "--dry-run"), {"a": 1})
    assert mc.asked == [("dry_run", "rover", "drive", {"a": 1})]


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["COMPLETED", "COMPLETED"], "YES"), (["COMPLETED", "FAILED"], "NO"), ([], "YES"),
        *((["COMPLETED", each], "UNKNOWN")
          for each in ("WAITING", "SENT", "LATE", "ACCEPTED", "STARTED", "RECEIVED", "PROGRESS")),
    ],
)  # fmt: skip
async def test_a_preview_tells_what_would_become_of_a_command_or_that_nobody_knows(
    statuses: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from ground.terminal import exit_codes

    warming = {"warming": {"at_ns": S, "now_ns": 5 * S}}
    told = {"items": [{"status": each} for each in statuses]}
    mc: Any = Control(preview=[warming, told])
    command = {"vehicle": "rover"}
    assert await previewing.preview(mc, command, TIMES, True) == getattr(exit_codes, code)
    assert mc.asked == [("preview", {"commands": [command]})] * 2
    assert "flies to where the run is: 1 of 5 s" in capsys.readouterr().err


async def test_a_twin_that_does_not_come_there_is_asked_three_hundred_times() -> None:
    from ground.terminal.exit_codes import UNKNOWN

    mc: Any = Control(preview={"warming": {"at_ns": S, "now_ns": 5 * S}})
    assert await previewing.preview(mc, {}, TIMES, False) == UNKNOWN
    assert len(mc.asked) == 300


# ------------------------------------------------------------------------------- watch


ROWS = [
    ["rover", "slip", 0.5, S, 2 * S, "YELLOW"], ["lander", "speed", None, None, None, "STALE"],
    ["rover", "speed", 1.0, 2 * S, 3 * S, "OK"],
]  # fmt: skip


async def test_values_of_now_are_told_with_their_age_in_the_order_of_their_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    mc: Any = Control(ask={"values": ROWS}, dictionary={"vehicles": {"rover": {"channels": {}}}})
    assert await watch._watch(mc, given(watch, "--once")) == 0
    assert mc.asked == [("ask", "telemetry", {"vehicle": None})]
    assert lines(capsys)[2:] == [
        "lander speed - STALE - -", f"rover slip 0.5 YELLOW {EPOCH} 00:00:01 3599",
        f"rover speed 1 OK {EPOCH} 00:00:02 3598",
    ]  # fmt: skip
    await watch._watch(mc, given(watch, "rover", "sp", "--once", "--json"))
    told = json.loads(capsys.readouterr().out)
    assert [each["channel"] for each in told] == ["speed", "speed"]
    assert told[1] == {"vehicle": "rover", "channel": "speed", "value": 1.0, "occurred_ns": 2 * S,
                       "received_ns": 3 * S, "state": "OK"}  # fmt: skip
    with pytest.raises(Refused, match="'nothing': no channel of rover begins so"):
        await watch._watch(mc, given(watch, "rover", "nothing", "--once"))


async def test_values_that_come_are_told_where_they_are_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from ground.client import Value

    mc: Any = Control(ask={"values": ROWS}, dictionary={"vehicles": {}})
    mc.entries = [Value(*row) for row in ROWS]
    await watch._watch(mc, given(watch, "rover", "sl"))
    await watch._watch(mc, given(watch, "rover", "sp"))
    assert lines(capsys) == [
        f"{EPOCH} 00:00:01 UTC rover slip = 0.5 YELLOW", "- UTC lander speed = - STALE",
        f"{EPOCH} 00:00:02 UTC rover speed = 1",
    ]  # fmt: skip
    await watch._watch(mc, given(watch, "--json"))
    assert [json.loads(each)["channel"] for each in lines(capsys)] == ["slip", "speed", "speed"]


# ------------------------------------------------------------------------------- train


@pytest.mark.parametrize(
    ("words", "do", "fields"),
    [
        (["targets"], "fault_targets", {}), (["faults"], "faults", {}), ([], "faults", {}),
        (["faults", "f1"], "faults", {"of": "f1"}), (["drill"], "drill", {}),
        (["kinds", "device", "uhf"], "fault_kinds", {"sort": "device", "target": "uhf"}),
        (["heal", "f1"], "fault_heal", {"name": "f1"}), (["kill", "mav"], "kill", {"role": "mav"}),
        (["checkpoint", "x", "--note", "n"], "checkpoint", {"name": "x", "note": "n"}),
        (["checkpoints"], "checkpoints", {}), (["drills", "x"], "drill_files", {"name": "x"}),
        (["branch", "1.5", "--folder", "f"], "branch", {"t_ns": 1_500_000_000, "folder": "f"}),
        (["branch", "storm"], "branch", {"checkpoint": "storm", "folder": ""}),
        (["branch", "inf"], "branch", {"checkpoint": "inf", "folder": ""}),
        (["end"], "drill_end", {}),
    ],
)  # fmt: skip
async def test_what_a_trainer_does_is_one_request(
    words: list[str], do: str, fields: dict[str, Any]
) -> None:
    mc: Any = Control(ask={"x": 1})
    assert await train._work(mc, given(train, *words, "--json"), []) == 0
    assert mc.asked == [("ask", do, fields) if fields else ("ask", do)]


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        (["targets", "x"], 0, 0), (["kinds", "x"], 2, 2), (["kinds", "x", "y", "z"], 2, 2),
        (["faults", "x", "y"], 0, 1), (["inject"], 1, 99), (["heal"], 1, 1), (["kill"], 1, 1),
        (["heal", "x", "y"], 1, 1), (["checkpoint"], 1, 1), (["checkpoints", "x"], 0, 0),
        (["branch"], 1, 1), (["drills", "x", "y"], 0, 1), (["begin"], 1, 2), (["end", "x"], 0, 0),
        (["begin", "x", "y", "z"], 1, 2), (["drill", "x"], 0, 0), (["kill", "x", "y"], 1, 1),
    ],
)  # fmt: skip
def test_words_that_a_trainer_has_no_use_for_are_refused(
    words: list[str], least: int, most: int
) -> None:
    with pytest.raises(ConfigurationError, match=f"allowed are {least} to {most}"):
        train.run(given(train, *words))


async def test_a_drill_begins_from_a_file_or_from_one_that_the_run_has(tmp_path: Path) -> None:
    mc: Any = Control(ask={"text": "of the run"})
    await train._work(mc, given(train, "begin", "gauge", "day", "--stand", "--json"), [])
    fields = {"name": "gauge", "text": "of the run", "case": "day", "now": False, "stand": True}
    assert mc.asked == [("ask", "drill_files", {"name": "gauge"}), ("ask", "drill_begin", fields)]
    file = tmp_path / "My Gauge.yaml"
    file.write_text("of the file")
    mc.asked.clear()
    await train._work(mc, given(train, "begin", str(file), "--now", "--json"), [])
    fields = {"name": "my_gauge", "text": "of the file", "case": "", "now": True, "stand": False}
    assert mc.asked == [("ask", "drill_begin", fields)]


async def test_each_fault_of_a_file_is_injected(capsys: pytest.CaptureFixture[str]) -> None:
    mc: Any = Control(ask={"fault": "f", "says": "stuck"})
    await train._work(mc, given(train, "inject", "x.yaml"), [{"id": "a"}, {"id": "b"}])
    assert mc.asked == [("ask", "fault_inject", {"fault": {"id": each}}) for each in "ab"]
    assert lines(capsys) == ["armed: f, stuck"] * 2

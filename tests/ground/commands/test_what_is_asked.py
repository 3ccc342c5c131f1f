"""What commands ask of mission control, with which limits, and what they tell of the answers."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.client import Refused
from ground.commands import alarms, asking, changes, events, history, passes
from tests.ground.commands.asked import EPOCH, TIMES, Control, entry, given, lines

S, H = 10**9, 3_600 * 10**9


# ----------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"), (True, "yes"), (False, "no"), (1.0, "1"), (0.123456789, "0.123457"),
        ({"a": None, "b": [1, True]}, "a=-, b=1, yes"), ((1.5, "x"), "1.5, x"), (7, "7"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_people_read_it(value: Any, text: str) -> None:
    assert asking.shown(value) == text


def test_mission_time_is_told_as_utc_to_the_second() -> None:
    assert TIMES.utc(None) == "-" and TIMES.utc(0) == f"{EPOCH} 00:00:00"
    assert TIMES.utc(90 * S + S // 2) == f"{EPOCH} 00:01:30"


@pytest.mark.parametrize("text", ["1e9", "-1e9", "0"])
def test_hours_and_seconds_that_a_mission_can_have_are_taken(text: str) -> None:
    assert asking.finite(text) == float(text)


@pytest.mark.parametrize("text", ["1.001e9", "-1.001e9", "inf", "nan"])
def test_hours_and_seconds_that_it_cannot_have_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="up to 1e9"):
        asking.finite(text)


def test_words_are_read_as_json_or_as_a_text() -> None:
    assert asking.read_pairs(["a=3", "b=true", "c=[1, 2]", "d=x=y", "e="]) == {
        "a": 3, "b": True, "c": [1, 2], "d": "x=y", "e": "",
    }  # fmt: skip
    for wrong in (["a"], ["=3"], ["a=1", "a=1"]):
        with pytest.raises(ConfigurationError):
            asking.read_pairs(wrong)


def test_rows_are_those_of_a_list_or_of_a_map_with_one() -> None:
    assert asking.rows_of({"x": [1], "y": [2]}, "y") == [2] and asking.rows_of([3], "y") == [3]
    assert asking.rows_of({}, "y") == []


def test_a_vehicle_that_is_not_in_the_run_is_refused_and_none_is_all() -> None:
    hello = {"vehicles": [{"name": "rover"}, {"name": "lander"}]}
    asking.need_vehicle(hello, None)
    asking.need_vehicle(hello, "lander")
    with pytest.raises(Refused, match="'mav': allowed is one of rover, lander"):
        asking.need_vehicle(hello, "mav")


def test_nothing_to_tell_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    asking.print_table(("a", "b"), [], "there is nothing")
    asking.print_table(("a", "b"), [(None, 0.5)], "there is nothing")
    told = lines(capsys)
    assert told[0] == "there is nothing" and told[1] == "a b" and told[-1] == "- 0.5"


def test_the_run_that_is_served_is_the_one_below_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        if name == "one":
            with pytest.raises(Refused, match="served below runs/: none"):
                asking._served_place()
        else:
            assert asking._served_place() == Path("runs/one")
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "api.json").touch()
    with pytest.raises(Refused, match="served below runs/: runs/one, runs/two"):
        asking._served_place()


@pytest.mark.parametrize(
    ("words", "people", "environment", "known", "found"),
    [
        (["--user", "ben"], ["anna"], "cleo", True, ("ben", "")),
        ([], ["anna", "ben"], "cleo", True, ("cleo", "")),
        ([], ["anna"], "", True, ("anna", "")),
        ([], ["anna", "ben"], "", True, "say who you are with --user; sessions are saved of anna"),
        ([], [], "", True, "say who you are with --user"),
        (["--user", "ben"], [], "", False, "no session of ben is saved here"),
    ],
)
def test_who_asks_is_said_or_is_who_alone_is_known_here(
    words: list[str], people: list[str], environment: str, known: bool, found: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    api = SimpleNamespace(user="")
    monkeypatch.setattr("ground.client.find_api", lambda place: api)
    monkeypatch.setattr("ground.client.finding.saved_people", lambda api: people)
    monkeypatch.setattr("ground.client.finding.saved_session", lambda api, user: known)
    monkeypatch.setenv("MSR_USER", environment)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    arguments = given(events, *words)
    if isinstance(found, str):
        with pytest.raises(Refused, match=found):
            asking._who(arguments, Path())
    else:
        assert asking._who(arguments, Path()) == found
    api.user = "whose key it is"
    assert asking._who(arguments, Path()) == ("", "")


def test_a_password_is_asked_for_where_no_session_is_saved_or_read_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground.client.find_api", lambda place: SimpleNamespace(user=""))
    monkeypatch.setattr("ground.client.finding.saved_people", lambda api: [])
    monkeypatch.setattr("ground.client.finding.saved_session", lambda api, user: False)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda words: f"typed after {words}")
    user = ["--user", "ben"]
    assert asking._who(given(events, *user), Path()) == ("ben", "typed after Password of ben: ")
    file = tmp_path / "password"
    file.write_text("secret \n\n")
    told = given(events, *user, "--password-file", str(file))
    assert asking._who(told, Path()) == ("ben", "secret ")
    file.write_bytes(b"\xff")
    with pytest.raises(Refused, match="holds no text"):
        asking._who(told, Path())


# ----------------------------------------------------------------------------- events


async def test_events_are_asked_for_as_was_said_and_told_with_the_newest_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [
        {"source": "ground", "name": "late", "severity": "WARNING_LO", "text": "two",
         "received_ns": 3 * S},
        {"vehicle": "rover", "name": "early", "severity": "COMMAND", "text": "one",
         "received_ns": 2 * S, "occurred_ns": S},
    ]  # fmt: skip
    mc: Any = Control(events={"events": found})
    assert await events._list(mc, given(events)) == 0
    usual = {"source": None, "name": None, "severity": None, "text": None, "limit": 50}
    assert mc.asked == [("events", usual)]
    told = lines(capsys)
    assert told[-2:] == [
        f"{EPOCH} 00:00:02 {EPOCH} 00:00:01 rover COMMAND early one",
        f"{EPOCH} 00:00:03 - ground WARNING_LO late two",
    ]
    assert await events._list(mc, given(events, "--json", "--limit", "2", "--text", "x")) == 0
    assert mc.asked[1] == ("events", {**usual, "limit": 2, "text": "x"})
    assert [json.loads(each)["name"] for each in lines(capsys)] == ["early", "late"]


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ([], [1, 2, 3]), (["--source", "rover"], [1, 3]), (["--name", "stuck"], [2, 3]),
        (["--text", "whe"], [1]), (["--source", "rover", "--name", "stuck"], [3]),
    ],
)  # fmt: skip
async def test_those_that_come_are_told_where_they_are_asked_for(
    words: list[str], heard: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    mc: Any = Control(events={"events": []})
    mc.entries = [
        entry("event", name="slips", text="a wheel", received_ns=S),
        entry("event", vehicle="lander", name="stuck", received_ns=2 * S),
        entry("event", name="stuck", received_ns=3 * S),
    ]
    await events._list(mc, given(events, "--follow", *words))
    assert mc.asked[-1] == ("journal", 7, ("ev",))
    assert [int(each.split()[1][-1]) for each in lines(capsys)[1:]] == heard
    await events._list(mc, given(events, "--follow", "--json", *words))
    assert [json.loads(each)["received_ns"] // S for each in lines(capsys)] == heard


# ---------------------------------------------------------------------------- history


async def test_commands_are_told_with_their_rungs_the_newest_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    found = [
        {"identifier": "c2", "vehicle": "rover", "command": "stop", "status": "SENT",
         "issued_ns": 5 * S, "windows": {"expected_ns": 9 * S}, "detail": "late"},
        {"identifier": "c1", "vehicle": "rover", "command": "drive", "arguments": {"east": 3},
         "user": "anna", "issued_ns": S, "sent_ns": 2 * S, "status": "FAILED",
         "expected_ns": 4 * S, "windows": {"expected_ns": 9 * S},
         "rungs": [{"rung": "STARTED", "occurred_ns": 2 * S, "received_ns": 3 * S},
                   {"rung": "FAILED", "received_ns": 4 * S, "not_counted": True,
                    "detail": "stuck"}]},
    ]  # fmt: skip
    mc: Any = Control(history={"commands": found})
    words = ["--vehicle", "rover", "--name", "drive", "--by", "anna", "--limit", "9", "--rungs"]
    assert await history._list(mc, given(history, *words)) == 0
    assert mc.asked == [
        ("history", {"vehicle": "rover", "name": "drive", "user": "anna", "limit": 9})
    ]
    assert lines(capsys)[2:] == [
        f"c1 rover drive east=3 anna {EPOCH} 00:00:01 {EPOCH} 00:00:02 FAILED {EPOCH} 00:00:04",
        f"{EPOCH} 00:00:02 {EPOCH} 00:00:03 · STARTED",
        f"- {EPOCH} 00:00:04 · FAILED (not counted) stuck",
        f"c2 rover stop procedure {EPOCH} 00:00:05 - SENT {EPOCH} 00:00:09 late",
    ]
    assert await history._list(mc, given(history)) == 0
    assert mc.asked[-1][1]["limit"] == 50
    assert len(lines(capsys)) == 4, "a row for each, without rungs"
    await history._list(mc, given(history, "--json"))
    assert [json.loads(each)["identifier"] for each in lines(capsys)] == ["c1", "c2"]


# ----------------------------------------------------------------------------- alarms


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["ack", "3"], ("alarm", "ack", 3)),
        (["ack", "3", "--note", "seen"], ("alarm", "ack", 3, {"note": "seen"})),
        (["reset", "3", "--note", "seen"], ("alarm", "reset", 3, {"note": "seen"})),
        (["note", "3", "--note", "seen"], ("alarm", "note", 3, {"note": "seen"})),
        (["unshelve", "3", "--note", "seen"], ("alarm", "unshelve", 3)),
        (["shelve", "3"], ("alarm", "shelve", 3, {"until_ns": 2 * H, "why": ""})),
        (["shelve", "3", "--hours", "0.5", "--note", "dust"],
         ("alarm", "shelve", 3, {"until_ns": 3 * H // 2, "why": "dust"})),
        (["own", "3", "--owner", "ben"], ("alarm", "own", 3, {"owner": "ben"})),
    ],
)  # fmt: skip
async def test_what_is_done_with_an_alarm_is_asked_with_what_it_needs(
    words: list[str], asked: tuple[Any, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    mc: Any = Control(alarm={"number": 3})
    assert await alarms._work(mc, given(alarms, *words)) == 0
    assert mc.asked == [asked]
    assert lines(capsys) == [f"alarm 3: {words[0]} is done"]
    await alarms._work(mc, given(alarms, *words, "--json"))
    assert json.loads(capsys.readouterr().out) == {"number": 3}


async def test_alarms_are_listed_open_ones_or_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    one = {"number": 3, "vehicle": "rover", "name": "slips", "severity": "WARNING_HI",
           "state": "ACTIVE", "raised_ns": S, "count": 2, "owner": "ben", "text": "wheel",
           "note": "sand"}  # fmt: skip
    mc: Any = Control(alarms={"alarms": [one]})
    await alarms._work(mc, given(alarms))
    await alarms._work(mc, given(alarms, "--all"))
    assert mc.asked == [("alarms", False), ("alarms", True)]
    row = f"3 rover slips WARNING_HI ACTIVE {EPOCH} 00:00:01 2 ben wheel sand"
    assert lines(capsys)[-1] == row
    await alarms._work(mc, given(alarms, "--json"))
    assert json.loads(capsys.readouterr().out) == [one]
    for wrong in (["ack"],):
        with pytest.raises(ConfigurationError, match="say what to do with which alarm"):
            alarms.run(given(alarms, *wrong))


# ----------------------------------------------------------------------------- passes


async def test_passes_of_two_days_are_told_with_their_minutes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    found = [
        {"vehicle": "rover", "start_ns": 60 * S, "end_ns": 156 * S, "state": "past",
         "expected_bytes": 5, "bytes": 4},
        {"vehicle": "lander", "start_ns": 0, "end_ns": 60 * S, "state": "coming",
         "expected_bytes": None, "bytes": 0},
    ]  # fmt: skip
    light = [[0, 600.0, False], [100 * H, 700.0, True], [101 * H, 800.0, False]]
    links_ = [["orbiter", 0, False, 0.0], ["orbiter", 60 * S, True, 2048.0],
              ["orbiter", 101 * H, False, 0.0], ["lander", 0, False, 0.0]]  # fmt: skip
    mc: Any = Control(passes={"passes": found, "light_time": light, "links": links_})
    mc.now_ns = 100 * H
    await passes._list(mc, given(passes))
    await passes._list(mc, given(passes, "--past", "2", "--hours", "1.5", "--vehicle", "rover"))
    assert mc.asked == [("passes", 100 * H, 148 * H), ("passes", 98 * H, 101 * H + H // 2)]
    told = lines(capsys)
    row = f"rover {EPOCH} 00:01:00 {EPOCH} 00:02:36 1.6 past 5 4"
    now = [
        "light time 700 s one way; conjunction: nothing is sent",
        f"link of orbiter: up, 2048 bit/s, since {EPOCH} 00:01:00 UTC",
        f"link of lander: down, since {EPOCH} 00:00:00 UTC",
    ]
    assert told[2:4] == [row, f"lander {EPOCH} 00:00:00 {EPOCH} 00:01:00 1 coming - -"]
    assert told[4:7] == now
    assert told[-4:] == [row, *now]
    await passes._list(mc, given(passes, "--vehicle", "lander", "--json"))
    assert json.loads(capsys.readouterr().out) == [found[1]]
    with pytest.raises(Refused, match="allowed is one of rover, lander"):
        await passes._list(mc, given(passes, "--vehicle", "mav"))


# ---------------------------------------------------------------------------- changes


async def test_changes_are_told_by_kind_since_a_pass_or_an_instant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {
        "since_ns": S, "heard_bytes": 7,
        "tubes": [{"tube_name": "A", "moved_ns": S}, {"tube_name": "B", "place": "rack"}, "more"],
        "commands": [],
    }  # fmt: skip
    mc: Any = Control(changes=found)
    await changes._tell(mc, given(changes))
    await changes._tell(mc, given(changes, "--passes", "3", "--json"))
    await changes._tell(mc, given(changes, "--since", "1.5", "--json"))
    assert mc.asked == [
        ("changes", {"since_pass": 1}), ("changes", {"since_pass": 3}),
        ("changes", {"since_ns": 1_500_000_000}),
    ]  # fmt: skip
    told = lines(capsys)
    assert told[:4] == [f"since (UTC): {EPOCH} 00:00:01", "heard bytes: 7", "tubes",
                        "tube name moved (UTC) place"]  # fmt: skip
    assert told[5:8] == [f"A {EPOCH} 00:00:01 -", "B - rack", "more"]
    assert told[8:10] == ["commands", "nothing"]
    assert [json.loads(each) for each in told[10:]] == [found, found]
    mc = Control(changes={"notes": ["dust"]})
    await changes._tell(mc, given(changes))
    assert lines(capsys)[-1] == "dust"

"""The commands that ask mission control: what they print, and what they end with."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.cli import main
from ground.edge import Edge, EdgeOptions
from tests.ground.edge.conftest import PASSWORD, PEOPLE
from tests.ground.edge.stand_in import StandIn, until

READS: dict[str, dict[str, Any]] = {
    "events": {"events": [
        {"vehicle": "rover", "name": "wheel_slips", "severity": "WARNING_LO", "text": "slips 0.5",
         "occurred_ns": 10**9, "received_ns": 2 * 10**9},
    ]},
    "history": {"commands": [
        {"identifier": "mc-1", "vehicle": "rover", "command": "drive_to", "arguments": {"east": 3},
         "user": "anna", "issued_ns": 0, "sent_ns": 10**9, "status": "STARTED",
         "windows": {"expected_ns": 5 * 10**9}, "rungs": [
             {"rung": "STARTED", "occurred_ns": 3 * 10**9, "received_ns": 4 * 10**9, "detail": ""},
         ]},
    ]},
    "alarms": {"alarms": [
        {"number": 7, "vehicle": "rover", "name": "wheel_slips", "severity": "WARNING_LO",
         "state": "ACTIVE", "raised_ns": 10**9, "count": 2, "owner": "", "text": "slips"},
    ]},
    "passes": {"passes": [
        {"vehicle": "rover", "start_ns": 10**12, "end_ns": 10**12 + 600 * 10**9,
         "state": "coming", "expected_bytes": None, "bytes": 0},
    ]},
    "changes": {"commands": [{"identifier": "mc-1", "status": "STARTED"}], "tubes": []},
    "procedures": {"procedures": [
        {"name": "mission", "title": "All of it", "position": 3, "of": 9, "doing": "wait"},
        {"name": "look", "draft": None, "approved": {"by": "ben"}},
    ]},
    "procedure": {"name": "mission", "title": "All of it", "position": 1, "ended": "",
                  "entered_ns": 10**9, "log": [[10**9, "wake", "wake the rover"]], "steps": [
                      {"position": 0, "what": "wake", "vehicle": "rover", "hazardous": False},
                      {"position": 1, "what": "release", "vehicle": "rover", "hazardous": True},
                  ]},
    "fault_targets": {"targets": [{"sort": "device", "name": "rover.wheels"}]},
    "fault_kinds": {"kinds": [
        {"name": "bias", "doc": "Adds.", "why_not": "", "arguments": {
            "offset": {"unit": "m", "required": True}, "share": {"unit": "1", "required": False},
        }},
        {"name": "slow", "doc": "Slow.", "why_not": "it moves nothing", "arguments": {}},
    ]},
    "faults": {
        "faults": [{"id": "f1", "words": "stuck of rover.uhf", "state": "acting",
                    "began_ns": 10**9, "healed_ns": None, "hits": 2}],
        "hits": [{"t_ns": 10**9, "fault": "f1", "where": "rover.uhf.state", "before": 1,
                  "after": 2, "number": 1}],
    },
    "fault_heal": {"fault": "f1"},
    "kill": {"role": "rover"},
    "checkpoint": {"name": "storm", "t_ns": 10**9},
    "drill_files": {
        "drills": [{"name": "crew/gauge", "title": "A gauge", "cases": ["day"], "steps": 2}],
    },
    "drill_end": {"drill": "gauge"},
    "drill": {
        "state": "over", "name": "gauge", "verdict": "FAIL", "because": ["operator1 came late"],
        "within": [
            {"name": "detect", "what": "a warning", "took_s": None, "limit_s": 60.0},
            {"name": "recover", "what": "a mode", "took_s": 61.0, "limit_s": 60.0},
        ],
        "prompts": [{"number": 1, "prompt": "ask it", "state": "late", "asked_ns": 10**9,
                     "deadline_ns": 2 * 10**9, "done_ns": 3 * 10**9, "by": "ben"}],
    },
    "checkpoints": {
        "checkpoints": [{"name": "storm", "t_ns": 10**9, "by": "anna", "note": "dusty"}],
        "branch_of": {"run": "runs/demo", "time_ns": 5 * 10**8, "inputs": 2, "checkpoint": ""},
    },
    "dry_run": {"bytes": 61, "hazardous": False, "problems": ["there is no pass in sight"],
                "estimated": {"earliest_sent_ns": 10**9, "earliest_answer_ns": 2 * 10**9}},
}  # fmt: skip


class Served:
    """A stand-in of a run and its edge, on a loop in a thread of their own."""

    def __init__(self, folder: Path, options: EdgeOptions) -> None:
        self.run = StandIn(folder)
        self.run.reads = dict(READS)
        self._options = options
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(30)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.run.start()
        async with Edge(self.run.folder, self._options) as edge:
            await until(lambda: edge.link.state.up)
            self._ready.set()
            await self._end.wait()
        self.run.kill()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)

    def do(self, act: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(act)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        from ground.edge.passwords import set_password

        set_password(home / "secrets.json", "anna", PASSWORD)
        options = EdgeOptions(PEOPLE, home / "secrets.json", save_sessions=True)
        found = Served(home / "run", options)
        yield found
        found.close()


@pytest.fixture
def msr(served: Served, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command of somebody (anna); its exit code, its output, its errors."""

    def do(*words: str, user: str = "anna") -> tuple[int, str, str]:
        code = main([*words, "--at", str(served.run.folder), "--user", user])
        said = capsys.readouterr()
        return code, said.out, said.err

    return do


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["events"], "wheel_slips"),
        (["history", "--rungs"], "· STARTED"),
        (["history"], "east=3"),
        (["alarms"], "ACTIVE"),
        (["passes"], "2033-01-01 00:16:40"),
        (["changes"], "STARTED"),
        (["procedure"], "3 of 9: wait"),
        (["procedure"], "approved"),
        (["procedure", "show"], "▶   1"),
        (["procedure", "show"], "2033-01-01 00:00:01 UTC  wake  wake the rover"),
        (["train"], "stuck of rover.uhf"),
        (["train", "faults", "f1"], "f1 hit rover.uhf.state: 1 → 2"),
        (["train", "targets"], "rover.wheels"),
        (["train", "kinds", "device", "rover.wheels"], "not here: it moves nothing"),
        (["train", "kinds", "device", "rover.wheels"], "offset m, [share]"),
        (["train", "heal", "f1"], "f1 is whole again"),
        (["train", "kill", "rover"], "rover dies"),
        (["train", "checkpoint", "storm", "--note", "dusty"], "storm is 2033-01-01 00:00:01 UTC"),
        (["train", "drills"], "crew/gauge"),
        (["train", "drill"], "gauge: FAIL"),
        (["train", "drill"], "because operator1 came late"),
        (["train", "drill"], "detect: a warning: not seen, allowed 60 s"),
        (["train", "drill"], "2033-01-01 00:00:03"),
        (["train", "end"], "gauge is broken off"),
        (["train", "checkpoints"], "dusty"),
        (["train", "checkpoints"], "branches off from runs/demo at 0.500 s"),
        (["watch", "--once"], "nothing has been measured yet"),
    ],
)
def test_what_is_read_is_a_table(msr: Any, words: list[str], shown: str) -> None:
    code, out, _ = msr(*words)
    assert code == 0
    assert shown in out


@pytest.mark.parametrize("name", ["events", "history", "alarms", "passes", "changes", "procedure"])
def test_what_is_read_can_be_json(msr: Any, name: str) -> None:
    code, out, _ = msr(name, "--json")
    assert code == 0
    for line in out.splitlines():
        json.loads(line)


def test_a_command_is_sent_and_says_when_its_answer_can_come(msr: Any, served: Served) -> None:
    code, out, _ = msr("send", "rover", "drive_to", "east=3.5", "name=north", "--note", "a look")
    assert code == 0
    assert "drive_to to rover is released" in out and "first answer from" in out
    staged = served.run.acted[-2]
    assert staged["request"]["arguments"] == {"east": 3.5, "name": "north"}
    assert staged["user"] == "anna"


@pytest.mark.parametrize(
    ("status", "code"), [("COMPLETED", 0), ("FAILED", 1), ("UNANSWERED", 1), ("CANCELLED", 1)]
)
def test_a_command_that_is_waited_for_ends_with_its_verdict(
    msr: Any, served: Served, status: str, code: int
) -> None:
    name = f"mc-{len(served.run.acted) + 2}"

    def answer() -> None:
        rung = {"identifier": name, "rung": "STARTED", "status": "STARTED"}
        served.run.tell("cmd", "rung", **rung, occurred_ns=10**9, received_ns=2 * 10**9)
        served.run.tell("cmd", "ended", identifier=name, status=status)

    def when_sent() -> None:
        told = served.run.journal and served.run.journal[-1]["data"].get("identifier") == name
        answer() if told else served._loop.call_later(0.05, when_sent)

    served.do(when_sent)
    ended, out, _ = msr("send", "rover", "report_status", "--wait")
    assert ended == code
    assert "2033-01-01 00:00:02 UTC  STARTED, there 2033-01-01 00:00:01" in out
    assert status in out.splitlines()[-1]


def test_what_is_hazardous_waits_for_somebody_else(msr: Any) -> None:
    code, _, err = msr("send", "mav", "launch")
    assert code == 1
    assert "somebody else has to approve it" in err


def test_a_dry_run_sends_nothing_and_says_what_is_wrong(msr: Any, served: Served) -> None:
    before = len(served.run.acted)
    code, out, _ = msr("send", "rover", "drive_to", "--dry-run")
    assert code == 1
    assert "problem: there is no pass in sight" in out
    assert len(served.run.acted) == before


@pytest.mark.parametrize(
    ("words", "user", "sentence"),
    [
        (["send", "rover", "drive_to", "east"], "anna", "allowed is name=value"),
        (["send", "rover", "drive_to", "east=1", "east=2"], "anna", "is given twice"),
        (["events"], "zoe", "no session of zoe is saved here; give --password-file"),
        (["events"], "../anna", "is no name of a person"),
        (["procedure", "jump"], "anna", "0 words after jump"),
        (["train", "branch", "storm"], "anna", "nobody starts runs here: `msr console --demo`"),
        (["train", "branch", "1e3"], "anna", "nobody starts runs here: `msr console --demo`"),
        (["train", "begin", "nowhere.yaml"], "anna", "nowhere.yaml: No such file or directory"),
        (["train", "heal"], "anna", "0 words after heal: allowed are 1 to 1"),
        (["train", "inject", "nowhere.yaml"], "anna", "nowhere.yaml"),
        (["train", "inject", "nowhere.yaml", "more"], "anna", "one file, or key=value words"),
        (["alarms", "ack"], "anna", "say what to do with which alarm"),
        (["history", "--replay", "fast"], "anna", "allowed is a number from 0.001, or max"),
        (["history", "--replay", "1e-320"], "anna", "allowed is a number from 0.001, or max"),
        (["history", "--replay"], "anna", "there is no archive of a run"),
    ],
)
def test_what_has_no_meaning_is_refused(
    msr: Any, words: list[str], user: str, sentence: str
) -> None:
    code, out, err = msr(*words, user=user)
    assert (code, out) == (2, "")
    assert sentence in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["watch", "moon", "--once"], "vehicle = 'moon': allowed is one of rover, lander"),
        (["passes", "--vehicle", "moon"], "vehicle = 'moon': allowed is one of rover, lander"),
        (["watch", "rover", "spee", "wh", "--once"], "'wh': no channel of rover begins so"),
    ],
)
def test_what_is_not_there_to_be_looked_at_is_refused(
    msr: Any, served: Served, words: list[str], sentence: str
) -> None:
    channels = {"vehicles": {"rover": {"channels": {"speed": {}}}}}
    served.run.reads["dictionary"] = channels
    code, out, err = msr(*words)
    assert (code, out) == (2, "") and sentence in err
    assert msr("watch", "rover", "spe", "--once")[0] == 0


def test_a_fault_is_injected_from_words_or_from_a_file(
    msr: Any, served: Served, tmp_path: Path
) -> None:
    words = ["id=f1", "device=rover.uhf", "kind=stuck", 'when={"at": "2 h"}', "lasts=1 sol"]
    code, out, _ = msr("train", "inject", *words)
    assert (code, out) == (0, "armed: f1, stuck of rover.uhf\n")
    wanted = {"id": "f1", "device": "rover.uhf", "kind": "stuck", "when": {"at": "2 h"},
              "lasts": "1 sol"}  # fmt: skip
    assert served.run.acted[-1]["request"]["fault"] == wanted
    file = tmp_path / "faults.yaml"
    item = "  - {id: f1, device: rover.uhf, kind: stuck, when: {at: 2 h}, lasts: 1 sol}\n"
    file.write_text("format: 1\nfaults:\n" + item)
    assert msr("train", "inject", str(file))[0] == 0
    assert served.run.acted[-1]["request"]["fault"] == wanted


def test_stopping_the_missions_own_procedure_says_that_the_run_ends(
    msr: Any, served: Served
) -> None:
    served.run.reads["procedure_stop"] = {"says": "the run ends with it"}
    assert msr("procedure", "stop", "--why", "enough")[1] == "procedure: the run ends with it\n"


def test_a_password_is_read_from_a_file_and_its_session_saved(
    msr: Any, served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("wrong password\n")
    code, _, err = msr("events", "--password-file", str(file))
    assert code == 2 and "no person with this name and password" in err
    file.write_text(PASSWORD + "\n")
    assert msr("events", "--password-file", str(file))[0] == 0
    assert msr("events")[0] == 0


def test_a_folder_that_nobody_serves_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["events", "--at", str(tmp_path)]) == 2
    assert "mission control is not served there" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main(["events"]) == 2
    assert "served below runs/: none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["control"], "command line: RUN_FOLDER is missing: say which run"),
        (["control", "x", "--operators", "nope"], "there is no 'nope' in operators: allowed is"),
        (["control", "x", "--operators", "nobody"], "there is no 'nobody' in operators"),
        (["control", "--set-password", "zoe"], "allowed is one of anna"),
        (["console", "--at", "nowhere", "--no-web"], "there is no such run folder"),
        (["console", "--at", ".", "--pace", "5", "--no-web"], "is for a run that --demo starts"),
        (["console", "--demo", "--pace", "fast", "--no-web"], "allowed is a number, or max"),
        (["console", "--demo", "--port", "70000"], "allowed is 1 to 65535"),
        (["console", "--at", ".", "--from-start", "--no-web"], "--from-start is for --demo"),
        (["export", "nowhere", "a.csv"], "nowhere: there is no such run folder"),
        (["export", ".", "a.csv"], "holds no archive of a run"),
        (["send", "rover", "drive", "fast"], "command line: fast is no argument: allowed is name="),
        (["send", "rover", "drive", "a=1", "a=2"], "command line: a is given twice"),
        (["fly", "surface", "--serve"], "--serve needs --pace, --processes or --bench"),
        (["fly", "surface", "--processes", "--operators", "demo"], "needs --pace or --serve"),
        (["fly", "surface", "--processes", "--serve", "--operators", "no"], "no"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_is_started(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_password_that_is_too_short_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    file = tmp_path / "threeforks" / "secrets.json"
    for text, code in (("short\n", 2), ("long enough\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert main(["control", "--set-password", "anna", "--secrets", str(file)]) == code
        assert file.exists() == (code == 0)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"long enough" not in file.read_bytes()


def test_what_somebody_who_is_nobody_asked_for_is_refused(
    msr: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(served.run.reads, "history", {"commands": []})
    code, out, err = msr("history", "--by", "zoe")
    assert (code, out) == (2, "") and "user = 'zoe': nobody here is called so; there are" in err
    assert msr("history", "--by", "ben")[0] == 0

"""What `msr console` and `msr control` refuse before anything starts, and what they hand on."""

import json
import socket
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import console, console_checks, control
from ground.commands.first_contact import FirstContact
from tests.ground.commands.asked import given

HERE = ["--no-web", "--no-browser"]


def refusal(*words: str) -> str:
    """Why a console is refused; "" where it is not."""
    try:
        console_checks.check(given(console, *words))
    except ConfigurationError as error:
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--out", "x"], "--out is for a run that --demo starts"),
        (["--seed", "0"], "--seed is for a run that --demo starts"),
        (["--pace", "0"], "--pace is for a run that --demo starts"),
        (["--drill", "x"], "--drill is for a run that --demo starts"),
        (["--resume"], "--resume is for --demo"), (["--no-spare"], "--no-spare is for --demo"),
        (["--from-start"], "--from-start is for --demo"), ([], ""),
    ],
)  # fmt: skip
def test_who_joins_a_run_says_nothing_of_how_it_is_flown(words: list[str], problem: str) -> None:
    said = refusal("--at", ".", *words, *HERE)
    assert problem in said and bool(said) is bool(problem)


def test_a_run_is_joined_while_it_is_under_way_or_about_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"state": "finished", "verdict": "success"}))
    assert "the run has ended (success)" in refusal("--at", ".", *HERE)
    monkeypatch.setattr("ground.missions.run_folder.is_under_way", lambda folder: True)
    assert refusal("--at", ".", *HERE) == ""
    assert "there is no such run folder" in refusal("--at", "nowhere", *HERE)


@pytest.mark.parametrize(
    ("port", "good"), [("0", False), ("1", True), ("65535", True), ("65536", False)]
)
def test_a_port_is_one_of_the_65535(port: str, good: bool) -> None:
    said = refusal("--demo", "--port", port, *HERE)
    assert bool(said) is not good and (good or f"--port = {port}: allowed is 1 to 65535" in said)


@pytest.mark.parametrize(("pace", "good"), [("0", True), ("max", True), ("-1", False)])
def test_a_pace_is_one(pace: str, good: bool) -> None:
    assert bool(refusal("--demo", "--pace", pace, *HERE)) is not good


def test_a_folder_is_free_for_a_demo_where_nobody_flies_or_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[Path] = []

    def under_way(folder: Path) -> bool:
        looked.append(folder)
        return True

    monkeypatch.setattr("ground.missions.run_folder.is_under_way", under_way)
    assert "another run is under way in this folder" in refusal("--demo", *HERE)
    assert "another run is under way" in refusal("--demo", "--out", "x", *HERE)
    assert looked == [Path("runs/demo"), Path("x")]
    monkeypatch.setattr("ground.edge.lock.is_served", lambda folder: True)
    assert "is served already" in refusal("--demo", *HERE)


@pytest.mark.parametrize("at", ["run", "run@", "@9", ""])
def test_a_branch_is_a_run_and_an_instant(at: str) -> None:
    assert "allowed is RUN_FOLDER@AT" in refusal("--branch", at, *HERE)


@pytest.mark.parametrize("option", ["--seed", "--pace"])
def test_a_branch_has_the_seed_of_its_run_and_stands(option: str) -> None:
    assert "is that of the run that it branches off" in refusal("--branch", "r@9", option, "0")


def test_a_branch_flies_beside_its_run_where_nothing_else_is_said() -> None:
    arguments = given(console, "--branch", "runs/demo@9", *HERE)
    console_checks.check(arguments)
    assert arguments.out is not None and arguments.out.parent == Path("runs")
    arguments = given(console, "--branch", "runs/demo@9", "--out", "x", *HERE)
    console_checks.check(arguments)
    assert arguments.out == Path("x")


def test_what_the_page_needs_is_missed_by_name_and_not_without_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name in ("uvicorn", "starlette") else 1
    )
    said = refusal("--demo")
    assert "needs starlette, uvicorn for its page" in said
    assert refusal("--demo", *HERE) == ""


def test_a_port_that_somebody_else_has_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert f"--port = {port}: Address already in use" in refusal("--demo", "--port", port)
    assert refusal("--demo", "--port", port) == ""


# ------------------------------------------------------------------------------ drills


@pytest.mark.parametrize(
    "words", [["--branch", "r@9", "--out", "x"], ["--demo", "--resume"]]
)
def test_a_drill_is_for_a_demo_that_begins(words: list[str]) -> None:
    assert "is for a run that --demo begins" in refusal(*words, "--drill", "x.yaml", *HERE)


@pytest.fixture
def drill() -> Iterator[Path]:
    from flight.configuration.files import configs_folder

    yield sorted((configs_folder() / "drills").rglob("crew/*.yaml"))[0]


def test_a_drill_begins_in_its_scenario_with_its_seed_in_a_trainers_name(drill: Path) -> None:
    arguments = given(console, "--demo", "--drill", str(drill), *HERE)
    console_checks.check(arguments)
    trainer, request = arguments.drill_begins
    assert arguments.demo and arguments.seed is not None and trainer
    assert request["text"] == drill.read_text() and request["case"] == ""
    told = given(console, "--demo", arguments.demo, "--drill", str(drill), "--seed", "77", *HERE)
    console_checks.check(told)
    assert (told.seed, told.demo) == (77, arguments.demo)
    file = ["--drill", str(drill)]
    assert f"the scenario of {drill} is" in refusal("--demo", "no", *file, *HERE)
    assert "--case = nope: allowed is" in refusal("--demo", *file, "--case", "nope", *HERE)


def test_without_a_trainer_nobody_could_begin_a_drill(
    drill: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = SimpleNamespace(users={"ben": SimpleNamespace(roles=["operator"])})
    monkeypatch.setattr("ground.api.operators.load_operators", lambda name: people)
    said = refusal("--demo", "--drill", str(drill), "--operators", "them", *HERE)
    assert "--operators = them: nobody there is a trainer" in said


# ------------------------------------------------------------------------- first contact


def heard(**state: Any) -> Any:
    usual = {"time_ns": 100 * 10**9, "pace": 0.0, "paces": 0, "telemetry": [], "clock": {}}
    asked: list[Any] = []

    def pace(rate: float | None, until: float | None = None, *, after: int) -> None:
        asked.append((rate, until, after))

    return SimpleNamespace(poll=lambda limit: usual | state, pace=pace, asked=asked)


def test_a_pass_is_waited_for_to_its_end_and_until_light_has_brought_it() -> None:
    coming = {"vehicle": "rover", "start_ns": 150 * 10**9, "end_ns": 200 * 10**9}
    for light, until in ((30.0, 230.0), (None, 200.0)):
        control = heard(clock={"light_time_s": light, "next_pass": coming})
        assert FirstContact(5.0).arrived(control) is None
        assert control.asked == [(None, until, 0)]
    late = heard(clock={"next_pass": coming}, time_ns=300 * 10**9)
    assert FirstContact(5.0).arrived(late) is None and late.asked == [(None, 301.0, 0)]
    assert FirstContact(5.0).arrived(heard(clock=None)) is not None


def test_the_pace_that_somebody_has_set_meanwhile_holds() -> None:
    ahead, control = FirstContact(5.0), heard(paces=1)
    assert "somebody has set the pace" in str(ahead.arrived(control))
    assert ahead.is_left and control.asked == []


# ------------------------------------------------------------------------------ control


@pytest.mark.parametrize(
    ("text", "good"), [("0", True), ("65534", True), ("65535", False), ("-1", False)]
)
def test_two_ports_are_needed_from_the_one_that_is_said(text: str, good: bool) -> None:
    if good:
        assert control._port(text) == int(text)
    else:
        with pytest.raises(ArgumentTypeError, match=f"{text}.*allowed is a port from 0 to 65534"):
            control._port(text)


def test_what_is_served_is_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []

    async def serve(folder: Path, options: Any, arguments: Any) -> None:
        served.append((folder, options))

    monkeypatch.setattr(control, "_serve", serve)
    assert control.run(given(control, "new")) == 0
    folder, options = served[-1]
    assert folder == Path("new")
    assert (options.secrets, options.tcp, options.save_sessions) == (None, None, False)
    assert (options.previews, options.branches) == (True, False)
    words = ["--secrets", "s", "--tcp", "0", "--demo", "--no-previews", "--branches"]
    assert control.run(given(control, str(tmp_path), *words)) == 0
    options = served[-1][1]
    assert (options.secrets, options.tcp, options.save_sessions) == (Path("s"), 0, True)
    assert (options.previews, options.branches) == (False, True)
    assert "trainer" in set().union(*options.people.values())
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is no folder"):
        control.run(given(control, str(tmp_path / "file")))
    assert len(served) == 2


def edge(people: dict[str, frozenset[str]]) -> Any:
    return SimpleNamespace(
        requests="ipc://r", streams="ipc://s", key_files=[Path("a.key")],
        sessions=SimpleNamespace(make_link=lambda user: f"link of {user}"),
    ), SimpleNamespace(people=people)  # fmt: skip


def test_who_serves_tells_where_and_links_where_it_is_a_demo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, options = edge({"anna": frozenset({"trainer", "operator"})})
    control._tell(made, options, given(control, "run", "--demo", "--json"))
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "requests": "ipc://r", "streams": "ipc://s", "links": {"anna": "link of anna"},
        "roles": {"anna": ["operator", "trainer"]}, "keys": ["a.key"],
    }  # fmt: skip
    control._tell(made, options, given(control, "run"))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  anna: operator, trainer", "  key: a.key"
    ]  # fmt: skip
    control._tell(made, options, given(control, "run", "--demo"))
    assert "  once, for anna: /login?token=link of anna" in capsys.readouterr().out


def test_a_password_is_typed_twice_or_read_and_kept_where_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept: list[Any] = []

    def keep(file: Path, user: str, password: str) -> None:
        if password == "short":
            raise ValueError("is too short")
        kept.append((file, user, password))

    typed: list[str] = []
    monkeypatch.setattr("ground.edge.passwords.set_password", keep)
    monkeypatch.setattr("ground.edge.private_files.secrets_file", lambda: Path("usual"))
    monkeypatch.setattr("getpass.getpass", lambda words: typed.pop(0))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    typed[:] = ["secret", "secret"]
    assert control._set_password("anna", None, ["anna"]) == 0
    assert kept == [(Path("usual"), "anna", "secret")]
    assert "anna has a new password in usual" in capsys.readouterr().out
    typed[:] = ["secret", "secre"]
    with pytest.raises(ConfigurationError, match="typed twice, and not the same"):
        control._set_password("anna", None, ["anna"])
    piped = SimpleNamespace(isatty=lambda: False, readline=lambda: "from a pipe\n")
    monkeypatch.setattr("sys.stdin", piped)
    control._set_password("anna", tmp_path, ["anna"])
    assert kept[1:] == [(tmp_path, "anna", "from a pipe")]
    piped.readline = lambda: "short"
    with pytest.raises(ConfigurationError, match="is too short"):
        control._set_password("anna", None, ["anna"])
    with pytest.raises(ConfigurationError, match="allowed is one of anna, ben"):
        control._set_password("zoe", None, ["anna", "ben"])
    assert len(kept) == 2


def test_a_replay_is_of_a_run_that_has_ended_and_left_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no such run folder" in refusal("--replay", "nowhere", *HERE)
    assert "there is no archive" in refusal("--replay", ".", *HERE)
    (tmp_path / "ground").mkdir()
    (tmp_path / "ground" / "archive.sqlite").touch()
    assert refusal("--replay", ".", *HERE) == ""
    assert "--seed is for a run" in refusal("--replay", ".", "--seed", "1", *HERE)
    assert "--resume is for --demo" in refusal("--replay", ".", "--resume", *HERE)
    monkeypatch.setattr("ground.missions.run_folder.is_under_way", lambda folder: True)
    assert "`msr console --at" in refusal("--replay", ".", *HERE)

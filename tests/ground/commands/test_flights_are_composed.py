"""`msr fly`: what kind of run its options make, which have no meaning, and what it ends with."""

import json
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import fly
from ground.testbed.bench.host import Bench
from ground.testbed.hosts.throttled import Throttled
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import parse_kills
from ground.testbed.processes.processes import Processes
from tests.ground.commands.asked import given


def session(mission: str = "short", bench: str = "", parent: Any = None, **more: Any) -> Any:
    """A record of a run."""
    head = SimpleNamespace(
        mission=mission, seed=7, shuffle=3, faults=(), bench=bench, parent=parent
    )
    usual = {"head": head, "mission": mission, "torn": None, "file": Path("a/session.jsonl")}
    return SimpleNamespace(**usual | more)


# ------------------------------------------------------------------------- which kind


def test_without_more_it_is_flown_in_virtual_time() -> None:
    assert fly._host(given(fly), None) == Virtual(None, False, False)
    words = ["--shuffle", "3", "--log-messages", "--in-memory"]
    assert fly._host(given(fly, *words), None) == Virtual(3, True, True)
    assert fly._host(given(fly, "--in-memory"), None) == Virtual(None, False, True)
    assert fly._host(given(fly, "--log-messages"), None) == Virtual(None, True, False)


def test_with_a_pace_it_is_held_back_and_served_and_from_a_record_it_is_neither() -> None:
    paced = fly._host(given(fly, "--pace", "50x", "--operators", "nobody", "--shuffle", "3"), None)
    assert paced == Throttled(3, False, False, pace=50.0, serve=True, operators="nobody")
    record = session()
    again = fly._host(given(fly, "--log-messages"), record)
    assert again == Throttled(None, True, False, pace=inf, serve=False, session=record)
    assert again.operators == "demo" and again.ahead_ns == 0  # type: ignore[attr-defined]


def test_a_branch_flies_ahead_to_where_it_branches_off_and_a_whole_record_nowhere() -> None:
    record = session(parent=SimpleNamespace(time_ns=5))
    branch = given(fly, "--pace", "0", "--branch", "storm")
    assert fly._host(branch, record).ahead_ns == 5  # type: ignore[attr-defined]
    assert fly._host(given(fly, "--pace", "0"), record).ahead_ns == 0  # type: ignore[attr-defined]
    assert fly._ahead_ns(branch, session()) == 0 and fly._ahead_ns(branch, None) == 0


def test_a_bench_is_served_in_its_devices_pace_and_flown_again_from_its_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fly, "stop_key", lambda bench: 5)
    words = ["--bench", "wheels_on_a_pty", "--arm", "rover.wheels=60s", "--as", "anna"]
    host = fly._host(given(fly, *words, "--allow-network"), None)
    assert isinstance(host, Bench)
    assert (host.pace, host.serve, host.session, host.key_descriptor) == (inf, True, None, 5)
    assert host.armed == (("rover.wheels", 60.0),) and host.who == "anna" and host.allow_network
    with pytest.raises(ConfigurationError, match="the pace of a bench is that of its devices"):
        fly._host(given(fly, *words, "--pace", "5"), None)
    record = session(bench="wheels_on_a_pty")
    again = fly._host(given(fly, "--pace", "5"), record)
    assert isinstance(again, Bench)
    assert (again.pace, again.serve, again.key_descriptor) == (5.0, False, -1)
    assert again.session is record and not again.allow_network


@pytest.mark.parametrize(
    ("text", "found"),
    [("rover.wheels=600", ("rover.wheels", 600.0)), ("a=1.5s", ("a", 1.5)), ("a", None),
     ("a=soon", None), ("a=", None)],
)  # fmt: skip
def test_what_is_armed_is_a_service_with_its_seconds(text: str, found: Any) -> None:
    if found is None:
        with pytest.raises(ConfigurationError, match=r"such as rover.wheels=600"):
            fly.arming(text)
    else:
        assert fly.arming(text) == found


# -------------------------------------------------------------------- without a meaning


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--rate", "5"], "--rate = 5.0: it needs --processes"),
        (["--transport", "ipc"], "--transport = ipc: it needs --processes"),
        (["--processes", "--shuffle", "0"], "--shuffle = 0: nothing is replayed"),
        (["--processes", "--log-messages"], "--log-messages = True: that is of a run in one"),
        (["--processes", "--in-memory"], "--in-memory = True: that is of a run in one process"),
        (["--processes", "--pace", "5"], "--pace = 5.0: the pace of processes is that of --rate"),
        (["--processes", "--from", "x"], "--from = x: nothing is replayed"),
        (["--processes", "--bench", "x"], "--bench = x: real devices fly in a run of one process"),
        (["--operators", "demo"], "--operators needs --pace or --serve"),
        (["--serve"], "--serve needs --pace, --processes or --bench"),
        (["--arm", "a=1"], "--arm needs --bench"),
        (["--wait", "5m"], "--wait needs --bench"),
        (["--branch", "storm", "--from", "x"], "--branch needs --from and --pace"),
        (["--branch", "storm", "--pace", "5"], "--branch needs --from and --pace"),
    ],
)
def test_options_without_a_meaning_are_refused(words: list[str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        fly._check_options(given(fly, *words))
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "words",
    [
        [], ["--pace", "0", "--operators", "demo", "--serve"], ["--processes", "--rate", "5"],
        ["--processes", "--serve", "--operators", "demo", "--transport", "tcp"],
        ["--bench", "x", "--serve", "--arm", "a=1"], ["--shuffle", "0", "--log-messages"],
        ["--branch", "storm", "--from", "x", "--pace", "5"], ["--from", "x", "--in-memory"],
    ],
)  # fmt: skip
def test_options_with_a_meaning_are_taken(words: list[str]) -> None:
    fly._check_options(given(fly, *words))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["surface"], "mission = surface: the record of --from has short"),
        (["--seed", "8"], "seed = 8: the record of --from has 7"),
        (["--shuffle", "4"], "shuffle = 4: the record of --from has 3"),
        (["--bench", "x"], "is in the record"), (["--fault", "x"], "--fault the faults of a run"),
        (["--kill", "rover@5"], "--kill the deaths of a run"),
    ],
)  # fmt: skip
def test_what_a_record_says_otherwise_is_refused(words: list[str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        fly._check_against(session(), given(fly, *words))
    assert problem in str(refused.value)
    fly._check_against(session(), given(fly, "short", "--seed", "7", "--shuffle", "3"))


def test_the_path_of_ones_own_mission_is_that_of_the_record(tmp_path: Path) -> None:
    own = str((tmp_path / "mine.yaml").resolve())
    arguments = given(fly, own)
    record = session("mine")
    record.mission = own
    fly._check_against(record, arguments)
    assert arguments.mission == "mine"
    with pytest.raises(ConfigurationError, match=r"= other: .* has .*mine\.yaml"):
        fly._check_against(record, given(fly, "other"))


# ------------------------------------------------------------------------------- flown


class Flown:
    """Stands for flying, drawing and serving; what was flown, and what was done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, verdict: str = "success") -> None:
        self.did: list[str] = []
        self.record = None
        self.descriptors: list[int] = []
        outer = self

        def fly_mission(mission: Any, out: Path, options: Any, host: Any, show: Any) -> Any:
            outer.mission, outer.out, outer.options, outer.host = mission, out, options, host
            outer.show = show
            outer.did.append("fly")
            out.mkdir(parents=True, exist_ok=True)
            told = {
                "verdict": verdict, "mission_sols": 1.0, "wall_seconds": 1.0, "messages": 2,
                "peak_rss_mb": 1.0, "reason": "", "breakages": [], "custody_violations": [],
                "tubes": [], "tubes_accounted_for": 0, "margins_missed": [], "alarms": [],
            }  # fmt: skip
            (out / "summary.json").write_text(json.dumps(told))
            return SimpleNamespace(verdict=verdict)

        class Child:
            def __init__(self, name: str, words: list[str]) -> None:
                self.words = words

            def start(self) -> None:
                outer.did.append(" ".join(self.words))

            def end(self) -> None:
                outer.did.append("edge ended")

        monkeypatch.setattr("ground.reports.flight.fly_mission", fly_mission)
        monkeypatch.setattr(
            "ground.pictures.draw.draw_pictures", lambda out: self.did.append("draw")
        )
        monkeypatch.setattr(
            "ground.hil.bench_report.write_reports", lambda out: self.did.append("bench report")
        )
        monkeypatch.setattr(fly, "told_of", lambda earlier, summary: f"beside {earlier}")
        monkeypatch.setattr(fly, "read_session", lambda place: self.record)
        monkeypatch.setattr(fly, "Child", Child)
        monkeypatch.setattr(fly, "need_descriptors", self.descriptors.append)


@pytest.mark.parametrize(
    ("verdict", "code"), [("success", 0), ("failure", 1), ("unknown", 3), ("stopped", 1)]
)
def test_it_ends_with_its_verdict_and_draws_unless_told_otherwise(
    verdict: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    flown = Flown(monkeypatch, verdict)
    assert fly.run(given(fly, "short", "--kill", "rover@9")) == code
    assert flown.did == ["fly", "draw"] and flown.show is not None
    assert flown.out == Path("runs/short") and flown.mission.name == "short"
    assert flown.options.seed == 1 and flown.options.kills == tuple(parse_kills(["rover@9"]))
    assert flown.host == Virtual() and "drawing the pictures" in capsys.readouterr().out
    assert flown.descriptors == [512], "asked for before anything flies"
    quiet = ["--quiet", "--no-pictures", "--seed", "0", "--out", "x"]
    assert fly.run(given(fly, *quiet)) == code
    assert flown.did == ["fly", "draw", "fly"] and flown.show is None
    assert (flown.options.seed, flown.out) == (0, Path("x")) and flown.mission.name == "nominal"


@pytest.mark.parametrize(
    ("words", "host", "served"),
    [
        ([], Processes(None, "ipc", ""), ""),
        (["--rate", "5", "--transport", "tcp"], Processes(5.0, "tcp", ""), ""),
        (["--serve"], Processes(None, "ipc", "demo"), "demo"),
        (["--serve", "--operators", "nobody"], None, ""),
    ],
)
def test_in_processes_it_is_served_where_that_is_asked_for(
    words: list[str], host: Any, served: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flown = Flown(monkeypatch)
    run = ["short", "--processes", "--quiet", "--no-pictures", "--out", str(tmp_path / "out")]
    if host is None:
        with pytest.raises(ConfigurationError, match="there is no 'nobody' in operators"):
            fly.run(given(fly, *run, *words))
        assert flown.did == []
        return
    assert fly.run(given(fly, *run, *words)) == 0 and flown.host == host
    edge = f"ground.cli control {tmp_path / 'out'} --operators {served}"
    assert flown.did == ([edge, "fly", "edge ended"] if served else ["fly"])


def test_a_run_from_a_record_has_its_mission_seed_and_order_and_is_held_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flown = Flown(monkeypatch)
    flown.record = session(
        file=tmp_path / "first" / "session.jsonl",
        torn=SimpleNamespace(words="its end is missing"),
    )
    words = ["--from", str(tmp_path / "first"), "--no-pictures", "--out"]
    assert fly.run(given(fly, *words, str(tmp_path / "again"))) == 0
    assert flown.options.seed == 7 and flown.host.shuffle == 3
    told = capsys.readouterr()
    assert "warning: its end is missing" in told.err
    assert f"beside {tmp_path / 'first'}" in told.out.replace("\n", "")
    assert fly.run(given(fly, *words, str(tmp_path / "first"))) == 0
    assert "beside" not in capsys.readouterr().out, "in its own place it has nothing beside it"


def test_a_branch_needs_a_place_of_its_own() -> None:
    with pytest.raises(ConfigurationError, match="say where the branch is to fly"):
        fly._branched(given(fly, "--branch", "storm", "--from", "x", "--pace", "5"), session())
    whole = session()
    assert fly._branched(given(fly), whole) is whole


def test_faults_are_held_against_the_bench_before_anything_flies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        "ground.testbed.bench.lines.check_faults_on", lambda *given: asked.append(given)
    )
    host = Bench(file=Path("desk.yaml"))
    fly._check_faults_on_bench(host, ("fault",))  # type: ignore[arg-type]
    assert asked == [(Path("desk.yaml"), host.bench, ("fault",))]


def test_faults_come_from_files_or_from_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground.testbed.faults.connecting.targets_of", lambda mission: "targets")
    monkeypatch.setattr(
        "ground.testbed.seams.orders.recorded_faults", lambda *given: ("recorded", *given)
    )
    monkeypatch.setattr("sim_hw.faults.reading.load_faults", lambda *given: ("loaded", *given))
    mission: Any = "mission"
    record = session()
    assert fly._faults([], mission, None) == () == fly._faults([], mission, record)
    assert fly._faults([Path("f")], mission, None) == ("loaded", [Path("f")], "targets")
    record.head.faults = ({"id": "f1"},)
    assert fly._faults([], mission, record) == (
        "recorded", ({"id": "f1"},), "targets", "a/session.jsonl",
    )  # fmt: skip

"""`msr hil`: times and names, what a check tells, what is compared, replayed and reported."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import hil, hil_evidence, hil_orders, hil_replay
from ground.testbed.bench.file import load_bench
from ground.testbed.bench.opening import Holding
from tests.ground.commands.asked import given


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90.0), ("15m", 900.0), ("1h", 3_600.0), ("7", 7.0), ("24h", 86_400.0),
     ("0.5h", 1_800.0), ("86400", 86_400.0)],
)  # fmt: skip
def test_a_time_is_of_seconds_minutes_or_hours_up_to_a_day(text: str, seconds: float) -> None:
    assert hil_orders.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["0s", "-5m", "24.001h", "86401", "", "h", "soon", "nan", "1d"])
def test_what_is_no_such_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="a time up to 24h"):
        hil_orders.seconds_of(text)


def test_who_one_is_is_said_or_is_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def who(name: str | None) -> str:
        return hil_orders.who_of(argparse.Namespace(who=name))

    monkeypatch.setattr("getpass.getuser", lambda: "the user")
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert who(None) == "the user" and who("x" * 80) == "x" * 80
    monkeypatch.setenv("SUDO_USER", "who became root")
    assert who(None) == "who became root"
    for wrong in ("", "  ", "a\nb", "x" * 81):
        with pytest.raises(ConfigurationError, match="1 to 80 characters"):
            who(wrong)


def stopping(key: str, file: str = "", line: str = "") -> Any:
    stop = SimpleNamespace(key=key, file=file, input=line)
    return SimpleNamespace(interlock=SimpleNamespace(e_stop=stop))


def test_the_key_that_stops_is_heard_at_a_terminal_and_its_lack_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = SimpleNamespace(isatty=lambda: True, fileno=lambda: 7)
    monkeypatch.setattr("sys.stdin", terminal)
    assert hil_orders.stop_key(stopping("space")) == 7 and hil_orders.stop_key(stopping("")) == -1
    assert capsys.readouterr().err == ""
    for stdin in (SimpleNamespace(isatty=lambda: False), None):
        monkeypatch.setattr("sys.stdin", stdin)
        assert hil_orders.stop_key(stopping("space", "/bench/stop")) == -1
        said = capsys.readouterr().err
        assert "nobody hears the key space" in said
        assert "what stops is the file /bench/stop or `msr hil stop RUN`" in said
    hil_orders.stop_key(stopping("space", "", "/sys/class/gpio/gpio7/value"))
    words = "what stops is the line /sys/class/gpio/gpio7/value or `msr hil stop RUN`"
    assert words in capsys.readouterr().err
    hil_orders.stop_key(stopping("space"))
    assert "what stops is `msr hil stop RUN`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["arm", "run", "rover.wheels", "--for", "60s", "--as", "anna"],
         ("arm", "anna", "rover.wheels", 60.0, "", None)),
        (["safe", "run", "--as", "anna"], ("safe", "anna", "", None, "", None)),
        (["stop", "run", "--as", "anna"], ("stop", "anna", "", None, "", None)),
        (["release", "run", "--as", "anna"], ("release", "anna", "", None, "", None)),
        (["heal", "run", "a.b", "--as", "anna"], ("heal", "anna", "a.b", None, "", None)),
        (["swap", "run", "a.b", "SN2", "--as", "anna"], ("swap", "anna", "a.b", None, "SN2", None)),
        (["inject", "run", "a.b", "drop", "--figure", "0.25", "--as", "anna"],
         ("inject", "anna", "a.b", None, "drop", 0.25)),
    ],
)  # fmt: skip
def test_an_order_says_what_of_which_device_and_in_whose_name(
    words: list[str], order: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from ground.testbed.operating import run_control

    ordered: list[Any] = []
    answer: list[Exception] = []

    class Run:
        def __init__(self, folder: Path) -> None:
            assert folder == Path("run")

        def __enter__(self) -> "Run":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def order(self, *given: Any) -> None:
            ordered.append(given)
            if answer:
                raise answer.pop()

    monkeypatch.setattr(run_control, "RunControl", Run)
    assert hil.run(given(hil, *words)) == 0 and ordered == [order]
    assert f"{words[0]}: asked of the bench" in capsys.readouterr().out
    for error, code in (
        (run_control.RefusedByRun("no"), 2), (run_control.NoRequest("no"), 2),
        (run_control.ControlRefused("no"), 1),
    ):  # fmt: skip
        answer[:] = [error]
        assert hil.run(given(hil, *words)) == code
        assert f"msr hil {words[0]}: no" in capsys.readouterr().err


def test_devices_are_held_and_let_go_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    who = ["wheels_on_a_pty", "--as", "anna"]
    assert hil.run(given(hil, "locks")) == 0
    assert hil.run(given(hil, "unlock", *who)) == 1
    assert capsys.readouterr().out == "nothing is held\nlet go of nothing\n"
    assert hil.run(given(hil, "lock", *who, "--for", "2h")) == 0
    assert "anna holds " in (told := capsys.readouterr().out) and "for 7200 s" in told
    assert hil.run(given(hil, "locks")) == 0
    held = capsys.readouterr().out
    assert "anna" in held and "nothing is held" not in held
    with pytest.raises(ConfigurationError, match="anna"):
        hil.run(given(hil, "lock", who[0], "--as", "ben", "--for", "2h"))
    assert hil.run(given(hil, "unlock", *who)) == 0
    assert "let go of nothing" not in capsys.readouterr().out


def test_who_waits_for_a_lock_does_so_in_line_and_for_no_longer_than_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    asked: list[Any] = []

    def take_in_line(self: Any, keys: list[str], who: str, what: str, **more: Any) -> list[str]:
        more.pop("tell")(f"{keys[0]} is held by anna")
        asked.append((who, what, more["wait"], more.get("seconds")))
        return ["it was anna's"]

    monkeypatch.setattr("ground.testbed.bench.locks.Locks.take_in_line", take_in_line)
    words = ["lock", "wheels_on_a_pty", "--as", "ben", "--for", "2h"]
    assert hil.run(given(hil, *words, "--wait", "30m")) == 0
    assert asked == [("ben", "reserved", 1800.0, 7200.0)]
    said = capsys.readouterr()
    assert "is held by anna; waited for until " in said.err and "note: it was anna's" in said.out
    with pytest.raises(ConfigurationError, match="--wait = soon: allowed is a time up to 24h"):
        hil.run(given(hil, *words, "--wait", "soon"))
    file, bench = load_bench("wheels_on_a_pty")
    Holding(file, bench, "ben", "a flight on", 60.0)
    Holding(file, bench, "ben", "a flight on").release()
    assert asked[1:] == [("ben", f"a flight on {file.name}", 60.0, None)], "only who says so"


# ------------------------------------------------------------------------------- check


def row(verdict: str, rule: int = 3) -> Any:
    return SimpleNamespace(verdict=verdict, rule=rule, name="state", words="as it is to be")


@pytest.mark.parametrize(
    ("verdicts", "still", "code"),
    [
        (["passed"], False, 0), (["passed", "failed", "not shown"], False, 1),
        (["passed", "not shown"], False, 3), (["passed", "not shown"], True, 0), ([], False, 0),
        (["passed", "does not apply"], False, 0), (["not shown", "does not apply"], False, 3),
    ],
)  # fmt: skip
def test_a_check_ends_with_the_worst_that_was_shown(
    verdicts: list[str], still: bool, code: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from ground.hil import conformance

    async def check(kit: Any, probes: Any) -> list[Any]:
        assert kit.still is still
        kit.latencies["state"] = [0.001] * 99 + [0.5]
        return [row(each) for each in verdicts]

    monkeypatch.setattr(conformance, "check_device", check)
    words = ["check", "unix:///no/such", "Wheels", *(["--still"] if still else [])]
    assert hil.run(given(hil, *words)) == code
    shown = capsys.readouterr().out.splitlines()
    marks = {"passed": "ok  ", "failed": "FAIL", "not shown": "?   ", "does not apply": "-   "}
    assert shown[: len(verdicts)] == [
        f"{marks[each]} rule 3  state: as it is to be" for each in verdicts
    ]
    counts = ", ".join(f"1 {each}" for each in marks if each in verdicts)
    assert shown[-1].startswith(f"{counts} in ") and len(shown) == len(verdicts) + 2
    assert hil.run(given(hil, *words, "--json")) == code
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["interface"]) == (1, "Wheels")
    assert len(told["rows"]) == len(verdicts)
    latency = told["latency_s"]["state"]
    assert latency["n"] == 100 and latency["max"] == 0.5
    assert latency["p50"] < 0.01 and latency["p99"] < 0.01


def test_a_check_of_a_device_on_a_bench_opens_it_by_its_adapter(tmp_path: Path) -> None:
    from flight.configuration.files import configs_folder
    from flight.icd.devices.mobility import Wheels

    file = configs_folder() / "benches" / "wheels_on_a_pty.yaml"
    interface, opener = hil._checked(given(hil, "check", str(file), "rover.wheels"))
    assert interface is Wheels and opener is not None
    with pytest.raises(ConfigurationError, match=r"= rover.arm: allowed is one of rover.wheels"):
        hil._checked(given(hil, "check", str(file), "rover.arm"))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--rate", "0.99"], "allowed is 1 to 1000"), (["--rate", "1000.1"], "allowed is 1 to"),
        (["--seconds", "0.99"], "allowed is 1 to 600"), (["--seconds", "600.1"], "allowed is 1 to"),
        (["--rate", "1", "--seconds", "1"], ""), (["--rate", "1000", "--seconds", "600"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_a_floor_is_measured_within_limits(
    words: list[str], problem: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked: list[Any] = []
    ways = ("loop, timerfd", "loop, epoll", "sleeping thread")

    def measure(rate: float, seconds: float, *, priority: int | None) -> Any:
        asked.append((rate, seconds, priority))
        histogram = SimpleNamespace(words=lambda: "1 us")
        return SimpleNamespace(
            refused=["no right"], lateness=dict.fromkeys(ways, histogram),
            slips=dict.fromkeys(ways, 2), ratio=lambda one, other, share: share,
        )  # fmt: skip

    monkeypatch.setattr("sim_hw.bench.floor.measure_floor", measure)
    if problem:
        with pytest.raises(ConfigurationError, match=problem):
            hil.run(given(hil, "floor", *words))
        assert asked == []
        return
    assert hil.run(given(hil, "floor", *words, "--realtime")) == 0
    wanted = (float(words[1]), float(words[3])) if words else (100.0, 15.0)
    assert asked == [(*wanted, 40)]
    said = capsys.readouterr().out
    assert "warn no right" in said and "late by 1 us, 2 slips" in said
    assert "p50 0.50, p99 0.99; timerfd / thread: p99 0.99" in said


@pytest.mark.parametrize(("timing", "code"), [("ok", 0), ("missed", 1), ("unknown", 3)])
def test_a_report_ends_with_whether_devices_were_in_time(
    timing: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ground.hil import bench_report

    monkeypatch.setattr(bench_report, "read_evidence", lambda folder: {"timing": timing})
    monkeypatch.setattr(bench_report, "summary", lambda told: ["in time"])
    monkeypatch.setattr(bench_report, "write_reports", lambda folder: [folder / "report"])
    assert hil.run(given(hil, "report", "run")) == code
    assert capsys.readouterr().out == "in time\nrun/report\n"


def test_a_doctor_that_finds_a_failure_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ground.hil import doctor

    found: list[Any] = []
    asked: list[Any] = []

    def examine(bench: Any, file: Path, *, allow_network: bool) -> list[Any]:
        asked.append((bench is not None, allow_network))
        return found

    monkeypatch.setattr(doctor, "examine", examine)
    for verdict, code in (("warn", 0), (doctor.FAIL, 2)):
        found[:] = [
            SimpleNamespace(verdict="ok", what="timers", words="timerfd"),
            SimpleNamespace(verdict=verdict, what="disk", words="full"),
        ]
        assert hil.run(given(hil, "doctor")) == code
        assert "ok   timers: timerfd" in capsys.readouterr().out
    hil.run(given(hil, "doctor", "wheels_on_a_pty", "--allow-network"))
    assert asked == [(False, False), (False, False), (True, True)]


# ----------------------------------------------------------------- compared, replayed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("odometer=0.5", ("odometer", 0.5)), ("a=0", ("a", 0.0)), ("a=-0.1", None),
        ("a=inf", None), ("a=nan", None), ("=1", None), ("a", None), ("a=x", None),
    ],
)  # fmt: skip
def test_a_tolerance_is_finite_and_not_below_zero(text: str, found: Any) -> None:
    if found is None:
        with pytest.raises(ConfigurationError, match="how far off it may be"):
            hil_evidence._tolerance(text)
    else:
        assert hil_evidence._tolerance(text) == found


@pytest.mark.parametrize(("within", "code"), [(True, 0), (False, 1), (None, 3)])
def test_what_is_compared_ends_with_whether_all_was_within_its_bands(
    within: bool | None, code: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from ground.hil import comparing

    asked: list[Any] = []

    def compared(first: Path, second: Path, tolerances: Any, *, all_held: bool) -> Any:
        asked.append((str(first), str(second), tolerances, all_held))
        return {"within": within}

    monkeypatch.setattr(comparing, "compared", compared)
    monkeypatch.setattr(comparing, "comparison_lines", lambda told: ["one", "two"])
    monkeypatch.setattr(comparing, "tolerances_of", lambda place: {"of": str(place)})
    assert hil.run(given(hil, "compare", "a", "b")) == code
    words = ["compare", "a", "b", "--tolerance", "x=1", "--tolerance", "y=2", "--json"]
    assert hil.run(given(hil, *words)) == code
    assert asked == [("a", "b", {"of": "b"}, False), ("a", "b", {"x": 1.0, "y": 2.0}, True)]
    first, rest = capsys.readouterr().out.split("{", 1)
    assert first == "one\ntwo\n" and json.loads("{" + rest) == {"within": within}
    with pytest.raises(ConfigurationError, match="x was given before"):
        hil.run(given(hil, *words, "--tolerance", "x=3"))


@pytest.mark.parametrize(
    ("recorded", "found", "code", "said"),
    [
        ("a", ["a"], 0, "all the same"), ("a", ["b"], 1, "not the same"),
        ("a", ["a", "b"], 1, "not the same"), ("", ["a", "a"], 0, "all the same"),
        ("", ["a"], 3, "fly it --twice"), ("", ["a", "b"], 1, "not the same"),
    ],
)  # fmt: skip
def test_a_replay_is_the_same_when_all_hashes_are_one(
    recorded: str, found: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hil_replay.same_as(recorded, found) == code
    told = capsys.readouterr().out
    assert said in told and (f"recorded: {recorded}" in told) is bool(recorded)


@pytest.mark.parametrize(
    ("torn", "hashes", "words", "code", "said"),
    [
        (None, ["a"], [], 0, "all the same"), (None, ["b"], [], 1, "not the same"),
        (None, ["a", "a"], ["--twice"], 0, "all the same"),
        (None, ["a", "b"], ["--twice"], 1, "not the same"),
        (None, [""], [], 3, "left no hash"), (None, ["a", ""], ["--twice"], 3, "left no hash"),
        ("torn", ["b"], [], 3, "torn; the flight from it ends there"),
        ("torn", ["a", "b"], ["--twice"], 1, "not the same"),
        ("torn", ["b", "b"], ["--twice"], 3, "torn; the flight"),
    ],
)  # fmt: skip
def test_a_recording_is_flown_again_beside_it_and_held_against_its_hash(
    torn: str | None, hashes: list[str], words: list[str], code: int, said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "summary.json").write_text('{"log_sha256": "a"}')
    flown: list[Path] = []

    def fly(place: Path, out: Path) -> str:
        flown.append(out)
        return hashes[len(flown) - 1]

    record = SimpleNamespace(torn=None if torn is None else SimpleNamespace(words=torn))
    monkeypatch.setattr(hil_replay, "_fly", fly)
    monkeypatch.setattr("ground.testbed.record.session.read_session", lambda place: record)
    assert hil.run(given(hil, "replay", str(tmp_path / "session.jsonl"), *words)) == code
    assert flown == [tmp_path.parent / f"{tmp_path.name}-replay"] * len(hashes)
    assert said in capsys.readouterr().out
    flown.clear()
    hil.run(given(hil, "replay", str(tmp_path), *words, "--out", "x"))
    assert flown == [Path("x")] * len(hashes)


@pytest.mark.parametrize(
    ("text", "found"),
    [('{"log_sha256": "a"}', "a"), ("{}", ""), ("[]", ""), ("{", ""), (None, "")],
)
def test_where_no_hash_was_left_there_is_none(text: str | None, found: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "summary.json").write_text(text)
    assert hil_replay._hash_in(tmp_path) == found


@pytest.mark.parametrize(
    ("words", "flights", "code", "said"),
    [
        ([], [("a", 0)], 0, ""), ([], [("a", 3)], 3, ""),
        (["--twice"], [("a", 0), ("a", 0)], 0, "twice the same"),
        (["--twice"], [("a", 0), ("b", 0)], 1, "two flights were not the same"),
    ],
)  # fmt: skip
def test_one_device_that_says_what_it_said_is_flown_once_or_twice(
    words: list[str], flights: list[Any], code: int, said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked: list[Any] = []
    left = list(flights)

    def fly(session: Any, recording: Path, service: str, out: Path) -> Any:
        asked.append((recording, service))
        return left.pop(0)

    monkeypatch.setattr(hil_replay, "_fly_device", fly)
    monkeypatch.setattr("ground.testbed.record.session.read_session", lambda place: None)
    run = ["replay", str(tmp_path), "--device", "rover.wheels", *words]
    assert hil.run(given(hil, *run)) == code and said in capsys.readouterr().out
    assert asked == [(tmp_path / "bench.mcap", "rover.wheels")] * len(flights)


def test_a_device_of_a_run_in_which_nothing_was_real_is_refused() -> None:
    session: Any = SimpleNamespace(head=SimpleNamespace(bench=""))
    with pytest.raises(ConfigurationError, match="nothing was real in that run"):
        hil_replay._kind(session, Path("x"), "rover.wheels")

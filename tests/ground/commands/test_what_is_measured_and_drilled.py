"""`msr measure`, `drill`, `study`, `trade`, `runs`: their limits, their parts, their exit codes."""

import json
import sys
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import (
    drill,
    drill_files,
    measure,
    replaying,
    runs,
    study_arguments,
    study_ascent,
)
from ground.commands.drill_modes import WHY
from ground.commands.drill_way import request_of
from tests.ground.commands.asked import given

# ----------------------------------------------------------------------------- measure


class Measured:
    """Stands for all that is measured; which parts were, and how much of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: list[Any] = []

        def noted(name: str, answer: Any = None) -> Any:
            def note(*given: Any, **more: Any) -> Any:
                self.did.append((name, *given[1:], *more.values()))
                return answer

            return note

        for part in ("bus", "ascent", "hil", "console"):
            monkeypatch.setattr(measure, f"_print_{part}", noted(part))
        monkeypatch.setattr(measure, "_print_versions", noted("versions", 7))
        monkeypatch.setattr(measure, "run_loop", lambda work, loop: loop.close())
        monkeypatch.setattr(
            measure, "measure_statecharts",
            lambda **more: self.did.append(("statecharts", *more.values())),
        )  # fmt: skip
        for name in ("nodes", "archive", "mission"):
            monkeypatch.setattr(
                measure, f"measure_{name}",
                lambda *given, name=name, **more: self.did.append((name, *given, *more.values())),
            )  # fmt: skip
        for table in ("nodes_table", "statecharts_table", "mission_table"):
            monkeypatch.setattr(measure.report, table, lambda rows: "table")
        monkeypatch.setattr(measure.console_tables, "archive_table", lambda rows: "table")
        monkeypatch.setattr(measure.hil_measurement, "check", lambda: None)
        monkeypatch.setattr(measure.served_console, "check", lambda: None)
        monkeypatch.setattr(measure, "check_version", lambda folder: folder)

    def parts(self) -> list[str]:
        return list(dict.fromkeys(each[0] for each in self.did))


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ["bus", "nodes", "statecharts", "console", "ascent", "mission"]),
        (["--quick"], ["bus", "nodes", "statecharts", "archive"]),
        (["hil", "bus"], ["bus", "hil"]), (["--part", "nodes", "archive"], ["nodes", "archive"]),
        (["--quick", "mission"], ["mission"]), (["console", "archive"], ["console"]),
    ],
)  # fmt: skip
def test_the_parts_are_those_that_are_named_or_the_whole(
    words: list[str], parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Measured(monkeypatch)
    assert measure.run(given(measure, *words)) == 0 and measured.parts() == parts


def test_a_quick_look_measures_less(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Measured(monkeypatch)
    for words in (["nodes", "statecharts", "archive"], ["--quick"]):
        measure.run(given(measure, *words))
    measure.run(given(measure, "archive", "--samples", "10000"))
    found = [each for each in measured.did if each[0] != "bus"]
    assert found == [
        ("nodes", 20.0, 20, 5), ("nodes", 20.0, 1, 5), ("statecharts", 1000, 11),
        ("archive", 10_000_000, 1000),
        ("nodes", 3.0, 20, 1), ("nodes", 3.0, 1, 1), ("statecharts", 100, 3),
        ("archive", 100_000, 20), ("archive", 10_000, 1000),
    ]  # fmt: skip
    measured.did.clear()
    measure.run(given(measure, "hil", "ascent", "--ascents", "1"))
    measure.run(given(measure, "hil", "console", "--quick", "--json", "x", "--samples", "20000"))
    by_name = {each[0]: each for each in measured.did}
    assert by_name["ascent"][1].closed_loop_ascents == 1 and by_name["ascent"][1].ascent_rounds == 4
    assert [each[1] for each in measured.did if each[0] == "hil"] == [False, True]
    assert by_name["console"][2:] == (20_000, Path("x"))
    extent = by_name["console"][1]
    assert (extent.served_samples, extent.served_starts, extent.messages, extent.trips) == (
        60, 1, 1000, 50,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--ascents", "0"], "--ascents = 0: allowed are 1 and more"),
        (["archive", "--samples", "9999"], "--samples = 9999: allowed are 10000 and more"),
        (["bus", "--json", "x"], "--json is for the part console"),
        (["bus", "--against", "x"], "--against is for the part mission"),
        (["mission", "--against", "x", "--rounds", "0"], "--rounds = 0: allowed are 1 to 100"),
        (["mission", "--against", "x", "--rounds", "101"], "allowed are 1 to 100"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_is(
    words: list[str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Measured(monkeypatch)
    with pytest.raises(ConfigurationError) as refused:
        measure.run(given(measure, *words))
    assert problem in str(refused.value) and measured.did == []
    with pytest.raises(SystemExit):
        given(measure, "moon")


def test_another_version_is_flown_in_turns_instead_of_profiling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = Measured(monkeypatch)
    words = ["mission", "--against", "other", "--rounds", "100", "--mission", "surface"]
    assert measure.run(given(measure, *words)) == 7
    assert measured.did == [("versions", "surface", Path("other"), 100)]
    assert measure.run(given(measure, *words[:3], "--rounds", "1")) == 7
    assert measured.did[1:] == [("versions", "short", Path("other"), 1)]
    assert given(measure).rounds == 3


def test_versions_that_do_not_fly_are_told_and_are_no_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    console: Any = SimpleNamespace(print=lambda *given: said.extend(given))

    def compare(mission: str, other: Path, rounds: int) -> Any:
        assert (mission, other, rounds) == ("short", Path("x"), 3)
        raise measure.DoesNotFly("the other one does not fly")

    monkeypatch.setattr(measure, "compare_versions", compare)
    assert measure._print_versions(console, "short", Path("x"), 3) == 1
    assert said == ["the other one does not fly"]
    monkeypatch.setattr(measure, "compare_versions", lambda *given: given)
    monkeypatch.setattr(measure.report, "versions_table", lambda found, other: f"beside {other}")
    assert measure._print_versions(console, "short", Path("x"), 3) == 0
    assert said[1:] == ["beside x", measure.report.VERSIONS_NOTE]


# ------------------------------------------------------------------------------ drills


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["x", "--workers", "0"], "--workers = 0: allowed are 1 to 64"),
        (["x", "--workers", "65"], "--workers = 65: allowed are 1 to 64"),
        (["x", "--kind", "bias"], "--kind has no use for drill files alone: it goes with --nth"),
        (["x", "--from", "y"], "--from flies the drills of the records"),
        (["--swarm", "0"], "--swarm = 0: allowed are 1 to 100000"),
        (["--swarm", "100001"], "--swarm = 100001: allowed are 1 to 100000"),
        (["--swarm", "5", "x"], "--swarm draws its drills"),
        (["--swarm", "5", "--from", "y"], "--swarm has no use beside --from"),
        ([], "FILE or FOLDER is missing"), (["--quiet", "--score"], "FILE or FOLDER is missing"),
    ],
)  # fmt: skip
def test_drills_that_cannot_be_are_refused(words: list[str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        drill._check(given(drill, *words))
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "words",
    [
        ["x", "--workers", "1"], ["x", "--workers", "64", "--kind", "bias", "--nth", "a.b.c"],
        ["--from", "y"], ["--swarm", "1"], ["--swarm", "100000"], ["--write-hardware", "z"],
        ["x", "--nth", "a.b.c"],
    ],
)  # fmt: skip
def test_drills_that_can_be_are_not(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drill._check(given(drill, *words))


@pytest.mark.parametrize("words", [["x", "--out"], ["--write-hardware"]])
def test_a_folder_of_records_is_no_file(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=f"{words[-1]} = .*is a file"):
        drill._check(given(drill, *words, str(tmp_path / "file")))


def recorded(*names: str) -> list[Any]:
    return [
        SimpleNamespace(judged=SimpleNamespace(record=SimpleNamespace(drill=name)))
        for name in names
    ]


def test_of_records_those_are_flown_again_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded("b", "a", "b")
    asked: list[Any] = []

    def read(path: Path, option: str) -> list[Any]:
        asked.append((path, option))
        return found

    monkeypatch.setattr("ground.drills.results.read_results", read)
    assert drill._recorded(given(drill, "x")) is None and drill._baseline(given(drill)) is None
    assert drill._recorded(given(drill, "--from", "y")) == found
    assert drill._recorded(given(drill, "--from", "y", "--only", "b")) == [found[0], found[2]]
    with pytest.raises(ConfigurationError, match=r"--only = c d: .* drills of the records: a, b"):
        drill._recorded(given(drill, "--from", "y", "--only", "c", "--only", "d"))
    assert drill._baseline(given(drill, "--compare", "z")) == found
    assert asked == [(Path("y"), "--from")] * 3 + [(Path("z"), "--compare")]
    found.clear()
    with pytest.raises(ConfigurationError, match="the records of one drill or more"):
        drill._recorded(given(drill, "--from", "y"))


def test_flights_that_were_flown_again_are_the_same_or_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    monkeypatch.setattr("ground.drills.replay.differences", lambda before, now: told)
    assert drill._print_differences([], recorded("a", "b")) == 0
    told.append("a: another verdict")
    assert drill._print_differences([], recorded("a", "b")) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["2 flown again, all the same, bit by bit", "a: another verdict"]


@pytest.mark.parametrize(
    ("quiet", "total", "terminal", "said"),
    [
        (False, 2, False, "1 of 2, w   \n2 of 2, w   \n"), (True, 2, False, ""),
        (False, 1, False, ""), (False, 2, True, "\r1 of 2, w   \r2 of 2, w   \n"),
    ],
)  # fmt: skip
def test_how_far_a_campaign_has_come_is_told_in_place_on_a_terminal(
    quiet: bool, total: int, terminal: bool, said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    tell = drill._progress(quiet)
    for done in range(1, total + 1):
        tell(done, total, "w")
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("option", sorted(what for mode, what in WHY if mode == "--bench"))
def test_what_a_bench_cannot_is_refused_with_why(option: str) -> None:
    flags = {"--score", "--shrink", "--alone"}
    words = [option] if option in flags else [option, "1"]
    arguments = given(drill, "--bench", "wheels_on_a_pty", *words)
    with pytest.raises(ConfigurationError, match=f"{option} not on a bench: "):
        drill.run(arguments)


@pytest.mark.parametrize(
    ("file", "name"),
    [("My Gauge.yaml", "my_gauge"), ("__x-1.yaml", "x-1"), ("Ä.yaml", "drill"),
     ("a" * 90 + ".yaml", "a" * 80)],
)  # fmt: skip
def test_a_drill_is_called_after_its_file(file: str, name: str) -> None:
    assert drill_files.name_of(Path(file)) == name


def test_a_drill_is_asked_for_so_that_the_run_stands_where_it_begins() -> None:
    assert request_of("gauge", "format: 1", "day") == {
        "do": "drill_begin", "name": "gauge", "text": "format: 1", "case": "day", "stand": True,
    }  # fmt: skip


def test_a_drill_file_is_a_text_of_bounded_length(tmp_path: Path) -> None:

    file = tmp_path / "drill.yaml"
    file.write_bytes(b"a\r\nb" + b"x" * 49_997)
    assert drill_files.text_of(file).startswith("a\nb")
    file.write_text("x" * 50_001)
    with pytest.raises(ConfigurationError, match="more than 50000 characters"):
        drill_files.text_of(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="holds no text"):
        drill_files.text_of(file)
    with pytest.raises(ConfigurationError, match="No such file"):
        drill_files.text_of(tmp_path / "none.yaml")


# ----------------------------------------------------------------------------- studies


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--runs", "0"], "--runs = 0: allowed are 1 to 100000"),
        (["--runs", "100001"], "allowed are 1 to 100000"),
        (["--workers", "0"], "--workers = 0: allowed are 1 to 64"),
        (["--workers", "65"], "allowed are 1 to 64"),
        (["--first", "-1"], "numbers from 0 to 9007199254740992"),
        (["--first", str(2**53 + 1)], "numbers from 0 to 9007199254740992"),
        (["--runs", "1", "--workers", "64", "--first", "0"], ""),
        (["--runs", "100000", "--workers", "1", "--first", str(2**53)], ""), ([], ""),
    ],
)  # fmt: skip
def test_how_much_may_be_flown_in_a_study(words: list[str], problem: str) -> None:
    arguments = given(study_ascent, *words)
    if problem:
        with pytest.raises(ConfigurationError) as refused:
            study_arguments.check_study_arguments(arguments)
        assert problem in str(refused.value)
    else:
        study_arguments.check_study_arguments(arguments)


@pytest.mark.parametrize("cycle", ["0.0099", "0.0501", "nan"])
def test_a_control_cycle_is_one_that_can_be_flown(cycle: str) -> None:
    with pytest.raises(ConfigurationError, match=r"0.01 to 0.05 s"):
        study_ascent.run(given(study_ascent, "--cycle", cycle))


# -------------------------------------------------------------------------------- runs


def test_old_runs_are_made_room_of_and_none_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def kept(name: str, state: str = "finished") -> Any:
        from ground.missions.kept_runs import KeptRun

        return KeptRun(
            folder=Path(name), mission="short", state=state, verdict="success", changed=0.0,
            size=2_000_000, branch_of="",
        )  # fmt: skip

    found = [kept(f"r{number}", "running" if number == 1 else "finished") for number in range(8)]
    gone: list[Path] = []
    monkeypatch.setattr(runs, "find_runs", lambda below: found if below == Path("runs") else [])
    monkeypatch.setattr(runs, "remove_run", lambda folder: gone.append(folder) or 1_500_000)
    assert runs.run(given(runs, "prune")) == 0 and gone == []
    said = capsys.readouterr().out.splitlines()
    assert said == ["would remove r6 (2.0 MB)", "would remove r7 (2.0 MB)",
                    "4.0 MB would be freed; --yes does it"]  # fmt: skip
    runs.run(given(runs, "prune", "--keep", "6", "--yes"))
    assert gone == [Path("r7")]
    assert capsys.readouterr().out == "removed r7 (2.0 MB)\n1.5 MB freed\n"
    runs.run(given(runs, "prune", "--keep", "6", "--json"))
    assert json.loads(capsys.readouterr().out) == {
        "removed": [], "would": ["r7"], "bytes": 2_000_000,
    }  # fmt: skip
    runs.run(given(runs, "prune", "--keep", "0", "--yes", "--json"))
    told = json.loads(capsys.readouterr().out)
    assert told["removed"] == told["would"] == [f"r{n}" for n in (0, 2, 3, 4, 5, 6, 7)]
    runs.run(given(runs, "prune", "--keep", "7"))
    assert capsys.readouterr().out == "nothing to remove\n"
    with pytest.raises(ConfigurationError, match="0 or more"):
        runs.run(given(runs, "prune", "--keep", "-1"))
    runs.run(given(runs, "list"))
    listed = capsys.readouterr().out
    assert "1970-01-01 00:00" in listed and listed.splitlines()[-1] == "8 runs, 16.0 MB"
    runs.run(given(runs, "list", "--json"))
    assert len(json.loads(capsys.readouterr().out)) == 8
    runs.run(given(runs, "list", "--below", "x"))
    assert capsys.readouterr().out == "there are no runs\n"


# ------------------------------------------------------------------------- told again


@pytest.mark.parametrize(
    ("text", "rate"), [("50", 50.0), ("50x", 50.0), ("max", inf), ("0.001", 0.001)]
)
def test_a_rate_is_a_number_or_as_fast_as_it_goes(text: str, rate: float) -> None:
    assert replaying.read_rate(text) == rate


@pytest.mark.parametrize("text", ["0.00099", "0", "-1", "nan", "fast", ""])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(replaying.BadRate, match=r"allowed is a number from 0.001, or max"):
        replaying.read_rate(text)


def test_it_is_told_in_the_time_that_its_rate_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = SimpleNamespace(now=5.0)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        wall.now += seconds

    rows = [(4 * 10**9, "event", "rover", "slip", "x"), (4 * 10**9, "rung", "rover", "SENT", "y"),
            (10 * 10**9, "event", "rover", "stop", "z")]  # fmt: skip
    monkeypatch.setattr(
        replaying, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: wall.now)
    )
    monkeypatch.setattr(replaying, "_rows", lambda folder, start, vehicle: iter(rows))
    assert replaying.replay(Path(), 2.0, None, None, False) == 0
    assert slept == [3.0]
    assert [" ".join(each.split()) for each in capsys.readouterr().out.splitlines()] == [
        "4.000 s event rover slip x", "4.000 s rung rover SENT y", "10.000 s event rover stop z",
    ]  # fmt: skip
    replaying.replay(Path(), inf, None, None, True)
    assert len(slept) == 1
    shown = capsys.readouterr()
    told = [json.loads(each) for each in shown.out.splitlines()]
    assert shown.err == "" and told[0] == {
        "t": 4 * 10**9, "kind": "event", "vehicle": "rover", "name": "slip", "detail": "x",
    }  # fmt: skip

"""`msr export`, `dictionary`, `verify`, `trade`, `study`, `hil replay`:
what each makes of its options, writes, and ends with."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import (
    dictionary,
    export,
    hil_replay,
    measure,
    study_ascent,
    study_landing,
    trade,
    train_telling,
    verify,
)
from ground.commands.asking import Times
from ground.studies.study_runs import BrokenOffError
from tests.ground.commands.asked import given, lines

# ------------------------------------------------------------------------------ export


@pytest.mark.parametrize(
    ("words", "wanted", "epoch"),
    [
        ([], {}, "of the run"), (["--vehicle", "rover"], {"vehicle": "rover"}, "of the run"),
        (["--channel", "slip", "--training"], {"channel": "slip", "training": True}, "of the run"),
        (["--since", "0", "--until", "1.5"], {"since_ns": 0, "until_ns": 1_500_000_000},
         "of the run"),
        (["--since", "-2", "--epoch", "2040-01-01"], {"since_ns": -2_000_000_000}, "2040-01-01"),
    ],
)  # fmt: skip
def test_what_is_exported_is_of_the_times_and_channels_that_were_said(
    words: list[str], wanted: dict[str, Any], epoch: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked: list[Any] = []
    told = SimpleNamespace(entries=1, damaged=0)
    monkeypatch.setattr(export, "epoch_of", lambda folder: "of the run")
    monkeypatch.setattr(export, "export", lambda *given: asked.append(given) or told)
    file = tmp_path / "a.csv"
    arguments = given(export, "run", str(file), *words)
    assert export.run(arguments) == 0
    assert asked == [(Path("run"), file, epoch, export.Wanted(**wanted))]
    for entries, damaged, code, said in (
        (2, 0, 0, "2 entries"), (1, 1, 1, "1 entry\n1 block of"), (0, 2, 1, "0 entries\n2 blocks"),
    ):  # fmt: skip
        told.entries, told.damaged = entries, damaged
        capsys.readouterr()
        assert export.run(arguments) == code
        assert f"{file}: {said}" in capsys.readouterr().out
    with pytest.raises(ConfigurationError, match="is a folder"):
        export.run(given(export, "run", str(tmp_path)))


# -------------------------------------------------------------------------- dictionary


def test_a_dictionary_is_of_all_or_of_some_and_printed_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dictionary, "vehicle_classes", lambda names: names)
    monkeypatch.setattr(dictionary, "build_dictionary", lambda kinds: list(kinds))
    monkeypatch.setattr(dictionary, "dictionary_json", lambda plain: f"json of {len(plain)}\n")
    monkeypatch.setattr(dictionary, "dictionary_markdown", lambda plain: f"text of {plain}\n")
    every = len(dictionary.VEHICLES)
    assert dictionary.run(given(dictionary)) == 0
    words = ["--vehicle", "rover", "--vehicle", "mav", "--format", "markdown"]
    assert dictionary.run(given(dictionary, *words)) == 0
    assert capsys.readouterr().out == f"json of {every}\ntext of ['rover', 'mav']\n"
    file = tmp_path / "new" / "dictionary.json"
    assert dictionary.run(given(dictionary, "--out", str(file))) == 0
    assert file.read_text() == f"json of {every}\n" and capsys.readouterr().out == ""


# ------------------------------------------------------------------------------ verify


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ([], ["families", "summary"]), (["--all"], ["V1", "V22", "summary"]),
        (["--target", "V1"], ["V1", "summary"]),
    ],
)  # fmt: skip
def test_rows_are_printed_where_all_or_some_are_asked_for_and_a_miss_is_a_no(
    words: list[str], printed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    missed: list[str] = []
    targets = [
        SimpleNamespace(name=name, title="t", rows=lambda name=name: name) for name in ("V1", "V22")
    ]

    def chosen(names: Any, known: Any) -> Any:
        return [each for each in targets if names is None or each.name in names]

    monkeypatch.setattr(verify, "TARGETS", targets)
    monkeypatch.setattr(verify, "chosen_targets", chosen)
    monkeypatch.setattr(verify, "print_rows", lambda name, title, rows, screen: did.append(name))
    monkeypatch.setattr(verify, "print_families", lambda rows, screen: did.append("families"))
    monkeypatch.setattr(verify, "print_summary", lambda rows, screen: did.append("summary"))
    monkeypatch.setattr(verify, "misses_required", lambda rows: rows in missed)
    monkeypatch.setattr(verify, "as_json", lambda rows: json.dumps(rows))
    assert verify.run(given(verify, *words)) == 0 and did == printed
    file = tmp_path / "new" / "rows.json"
    missed.append("V1")
    assert verify.run(given(verify, *words, "--json", str(file))) == 1
    assert json.loads(file.read_text())[0] == ["V1", "V1"]


def test_targets_are_named_in_a_column(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = [SimpleNamespace(name=name, title=f"of {name}") for name in ("V1", "V22")]
    monkeypatch.setattr(verify, "TARGETS", targets)
    monkeypatch.setattr(verify, "chosen_targets", lambda names, known: known)
    assert verify.run(given(verify, "--list")) == 0
    assert capsys.readouterr().out == "V1   of V1\nV22  of V22\n"
    monkeypatch.undo()
    with pytest.raises(ConfigurationError, match="--target = V999: there is no such target"):
        verify.run(given(verify, "--target", "V999"))


# ----------------------------------------------------------------------------- studies


@pytest.mark.parametrize("lost", [False, True])
def test_a_landing_that_was_claimed_and_lost_is_a_no(
    lost: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ground.studies import landing_study

    did: list[Any] = []
    summary = SimpleNamespace(lost_in_silence=lost)

    def fly(runs: int, workers: int, *, first: int, progress: Any) -> str:
        did.append((runs, workers, first))
        return "results"

    patch = monkeypatch.setattr
    patch(landing_study, "setting", lambda: did.append("setting"))
    patch(landing_study, "fly_study", fly)
    patch(landing_study, "summarise", lambda results: summary)
    patch(landing_study, "markdown", lambda summary: "table\n")
    patch(landing_study, "write", lambda folder, *given: did.append(("write", folder, *given)))
    patch("ground.studies.draw.draw_study", lambda *given: did.append(("draw", *given)))
    assert study_landing.run(given(study_landing)) == int(lost)
    assert did == ["setting", (50, 2, 1)] and capsys.readouterr().out == "table\n"
    words = ["--runs", "3", "--workers", "1", "--first", "7", "--out", str(tmp_path)]
    did.clear()
    assert study_landing.run(given(study_landing, *words)) == int(lost)
    assert did == [
        "setting", (3, 1, 7), ("write", tmp_path, "results", summary),
        ("draw", "landing", "results", tmp_path),
    ]  # fmt: skip


@pytest.mark.parametrize("flown", [[], ["a", "b"]])
def test_landings_that_are_broken_off_are_told_and_kept(
    flown: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from ground.studies import landing_study

    def fly(*args: Any, **kwargs: Any) -> None:
        raise BrokenOffError(flown)

    did: list[Any] = []
    patch = monkeypatch.setattr
    patch(landing_study, "setting", lambda: None)
    patch(landing_study, "fly_study", fly)
    patch(landing_study, "summarise", lambda results: SimpleNamespace(lost_in_silence=0))
    patch(landing_study, "markdown", lambda summary: "table\n")
    patch(landing_study, "write", lambda folder, results, summary: did.append((folder, results)))
    with pytest.raises(KeyboardInterrupt):
        study_landing.run(given(study_landing, "--out", str(tmp_path / "x"), "--runs", "9"))
    told = capsys.readouterr()
    assert did == ([(tmp_path / "x", flown)] if flown else [])
    assert told.out == ("table\n" if flown else "")
    assert ("after 2 of 9 runs" in told.err and "`--first 3 --runs 7`" in told.err) == bool(flown)


def test_ascents_are_flown_at_the_cycle_that_was_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ground.studies import ascent_study

    did: list[Any] = []

    def fly(
        runs: int, workers: int, *, first: int, cycle: float, steering: Any, progress: Any
    ) -> str:
        did.append((runs, workers, first, cycle, *steering))
        return "results"

    patch = monkeypatch.setattr
    patch(ascent_study, "vehicle_file", lambda: did.append("vehicle"))
    patch(ascent_study, "fly_study", fly)
    patch(ascent_study, "compare", lambda results: "sides")
    patch(ascent_study, "markdown", lambda sides: f"{sides}\n")
    patch(ascent_study, "write", lambda folder, *given: did.append(("write", folder, *given)))
    patch("ground.studies.draw.draw_study", lambda *given: did.append(("draw", *given)))
    assert study_ascent.run(given(study_ascent)) == 0
    assert did == ["vehicle", (100, 2, 1, 0.02, False, True)]
    assert capsys.readouterr().out == "sides\n"
    for cycle in ("0.01", "0.05"):
        words = ["--cycle", cycle, "--runs", "1", "--out", str(tmp_path)]
        did.clear()
        assert study_ascent.run(given(study_ascent, *words)) == 0
        assert did[1:] == [
            (1, 2, 1, float(cycle), False, True), ("write", tmp_path, "results", "sides"),
            ("draw", "ascent", "results", tmp_path),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "did"),
    [
        ([], ["table"]), (["--out", "x"], ["table", "draw", "write 1"]),
        (["--out", "x", "--no-pictures"], ["table", "write 0"]),
    ],
)  # fmt: skip
def test_a_trade_is_written_with_its_pictures_where_a_folder_is_named(
    words: list[str], did: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    done: list[str] = []
    chosen = SimpleNamespace(designs=["a", "b"])

    def fly(designs: Any, runs: int, workers: int, *, first: int, progress: Any) -> str:
        assert (designs, runs, workers, first) == (["a", "b"], 40, 2, 5)
        return "results"

    def draw(out: Path, *given: Any) -> list[str]:
        assert (out, *given) == (Path("x"), chosen, "results", "decision", 5)
        done.append("draw")
        return ["picture"]

    def write(out: Path, *given: Any) -> None:
        assert (out, *given[:3]) == (Path("x"), chosen, "results", "decision")
        done.append(f"write {len(given[3])}")

    patch = monkeypatch.setattr
    patch("ground.studies.trade.trade_file.load_trade", lambda name: chosen)
    patch("ground.studies.trade.study.fly_designs", fly)
    patch("ground.studies.trade.verdict.decide", lambda trade, results: "decision")
    patch("ground.studies.trade.report.print_table",
          lambda trade, decision, console: done.append("table"))  # fmt: skip
    patch("ground.studies.trade.report.write", write)
    patch("ground.studies.trade.pictures.draw_trade", draw)
    assert trade.run(given(trade, "--first", "5", *words)) == 0 and done == did
    assert ("Wrote x" in capsys.readouterr().out) is ("--out" in words)


# ----------------------------------------------------------------------------- measure


def test_each_part_is_measured_as_often_as_its_extent_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    did: list[Any] = []
    said: list[Any] = []

    def note(name: str, answer: Any = "rows") -> Any:
        def measured(*given: Any, **more: Any) -> Any:
            did.append((name, *given, *more.values()))
            return answer

        return measured

    patch = monkeypatch.setattr
    console: Any = SimpleNamespace(print=lambda *given: said.extend(given))
    for name in ("served", "archive", "bus", "one", "many", "fleet", "control"):
        patch(measure, f"measure_{name}", note(name))
    patch(measure, "run_loop", lambda work, loop: loop.close() or work)
    for module in (measure.console_tables, measure.ascent_tables, measure.report):
        for table in [each for each in dir(module) if each.endswith("_table")]:
            patch(module, table, lambda rows, table=table: table)
    missed: list[str] = []
    patch(measure.console_tables, "missed", lambda served, archived: missed)
    patch(measure.console_tables, "plain", lambda rows: {"of": rows})
    file = tmp_path / "console.json"
    measure._print_console(console, measure.QUICK, None, file)
    assert did == [("served", 60, 1), ("archive", 100_000, 20)]
    assert json.loads(file.read_text()) == {"served": {"of": "rows"}, "archive": {"of": "rows"}}
    assert "All within budget." in said[-1]
    missed.append("too slow")
    measure._print_console(console, measure.FULL, 20_000, None)
    assert did[2:] == [("served", 1000, 5), ("archive", 20_000, 1000)]
    assert "Not within its budget: too slow." in said[-1]
    did.clear()
    measure._print_bus(console, measure.FULL)
    measure._print_ascent(console, measure.FULL)
    assert did == [("bus", 4000, 500, 11), ("one", 9), ("many", 1000, 4), ("fleet", 24, 4),
                   ("control", 4)]  # fmt: skip
    sizes: list[Any] = []
    patch(measure.hil_measurement, "measure_hil", lambda extent, tell: sizes.append(extent) or [])
    patch(measure.hil_measurement, "hil_table", lambda rows: "hil")
    for quick in (True, False):
        measure._print_hil(console, quick=quick)
    assert sizes == [measure.hil_measurement.QUICK, measure.hil_measurement.FULL]


# -------------------------------------------------------------------------- hil replay


@pytest.mark.parametrize(
    ("diverged", "verdict", "code"),
    [("", "success", 0), ("", "failure", 1), ("at 5 s", "success", 3)],
)
def test_a_device_that_says_what_it_said_is_flown_with_the_records_seed(
    diverged: str, verdict: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "summary.json").write_text("{}")
    flown: list[Any] = []
    peer = SimpleNamespace(answered=7, again=2, diverged=diverged)
    kind = SimpleNamespace(hosts=[SimpleNamespace(peer=peer)])

    def fly(mission: Any, out: Path, options: Any, host: Any) -> Any:
        flown.append((mission, out, options.seed, options.kills, host))
        return SimpleNamespace(log_sha256="abc", verdict=verdict)

    patch = monkeypatch.setattr
    patch(hil_replay, "_kind", lambda session, recording, service: kind)
    patch("ground.missions.mission.load_mission", lambda name: f"mission {name}")
    patch("ground.reports.flight.fly_mission", fly)
    patch("ground.commands.fly._faults", lambda files, mission, session: ())
    patch("ground.commands.display.Display",
          lambda mission, quiet: SimpleNamespace(result=lambda summary, out: None))  # fmt: skip
    session: Any = SimpleNamespace(mission="short", head=SimpleNamespace(seed=9))
    found = hil_replay._fly_device(session, Path("bench.mcap"), "rover.wheels", tmp_path)
    assert found == ("abc", code) and flown == [("mission short", tmp_path, 9, (), kind)]
    said = capsys.readouterr().out
    assert "rover.wheels: 7 calls were answered as they were recorded, 2 of them" in said
    assert ("became another than the recorded one: at 5 s" in said) is bool(diverged)


@pytest.mark.parametrize(
    ("harness", "hashes", "words", "code"),
    [("", ["a"], [], 0), ("", ["b"], [], 1), ("", ["a", "a"], ["--twice"], 0),
     ("it broke", ["a"], [], 3)],
)  # fmt: skip
def test_a_drill_of_a_bench_is_flown_again_to_its_end(
    harness: str, hashes: list[str], words: list[str], code: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import msgspec

    from ground.commands import hil
    from ground.drills import bench_drill

    left = list(hashes)
    (tmp_path / bench_drill.DRILL_FILE).write_text("{}")

    class Record(msgspec.Struct, frozen=True):
        head: Any
        torn: Any = "its drill ended before its mission"

    made: list[Any] = []

    def bench(**options: Any) -> str:
        made.append(options)
        return "kind"

    def again(flown: Any, kind: Any, out: Path) -> Any:
        assert (kind, out) == ("kind", Path("o"))
        return SimpleNamespace(harness=harness, sha256=left.pop(0))

    flown = SimpleNamespace(sha256="a", job=SimpleNamespace(drill="gauge"))
    patch = monkeypatch.setattr
    patch(bench_drill, "read_flown", lambda folder: flown)
    patch(bench_drill, "fly_again", again)
    patch("ground.testbed.record.session.read_session",
          lambda place: Record(SimpleNamespace(bench="desk")))  # fmt: skip
    patch("ground.testbed.bench.file.load_bench",
          lambda name, allow_network: (Path(name), "bench"))  # fmt: skip
    patch("ground.testbed.bench.host.Bench", bench)
    run = ["replay", str(tmp_path), "--out", "o", *words]
    assert hil.run(given(hil, *run)) == code
    [options] = made
    assert options["in_memory"] is True and options["serve"] is False
    assert options["session"].torn is None and options["file"] == Path("desk")
    said = capsys.readouterr().out
    assert ("could not be flown again: it broke" in said) is bool(harness)
    assert said.count("gauge, up to its end: replayed: ") == (0 if harness else len(hashes))


# ------------------------------------------------------------------------------- train


def test_what_a_trainer_is_told_of_drills_and_branches(capsys: pytest.CaptureFixture[str]) -> None:
    times = Times("2033-01-01T00:00:00Z")
    train_telling.TELL["drills"]({"text": "format: 1\n"}, times)
    train_telling.TELL["drills"]({"drills": []}, times)
    train_telling.TELL["begin"]({"drill": "gauge", "starts": "5 s", "title": "A gauge"}, times)
    train_telling.TELL["branch"]({"folder": "runs/b", "at": "storm"}, times)
    train_telling.TELL["checkpoints"](
        {"checkpoints": [], "branch_of": {"run": "r", "checkpoint": "storm", "time_ns": 5}}, times
    )
    train_telling.TELL["checkpoints"]({"checkpoints": [], "branch_of": None}, times)
    assert lines(capsys) == [
        "format: 1", "there is no drill of this scenario", "gauge begins at 5 s: A gauge",
        "runs/b goes on from storm and stands there; this run ends, is kept",
        "no instant has a name", "this run branches off from r at storm", "no instant has a name",
    ]  # fmt: skip
    told = {"state": "on_its_way", "prompts": [], "within": [
        {"name": "detect", "what": "a warning", "took_s": 61.4, "limit_s": 60.0}]}  # fmt: skip
    train_telling.TELL["drill"](told, times)
    assert lines(capsys) == [
        "drill: on its way", "detect: a warning: after 61 s, allowed 60 s",
        "nobody is asked for anything",
    ]  # fmt: skip
    hits = [{"t_ns": n * 10**9, "fault": "f", "where": "x", "before": n, "after": 0}
            for n in range(25)]  # fmt: skip
    train_telling.TELL["faults"]({"faults": [], "hits": hits}, times)
    assert len(lines(capsys)) == 21, "twenty hits at the most"

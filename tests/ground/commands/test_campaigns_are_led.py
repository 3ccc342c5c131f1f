"""`msr drill`: which flights a campaign has, what is written and told of them, how it ends."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import drill, drill_bench
from tests.ground.commands.asked import given


def judged(name: str, verdict: str = "PASS") -> Any:
    record = SimpleNamespace(drill=name)
    return SimpleNamespace(verdict=verdict, because=["it fell"], record=record)


class Led:
    """Stands for all that flies and writes; what was asked of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *verdicts: str, differ: bool = False):
        self.did: list[Any] = []
        found = [judged(f"d{n}", verdict) for n, verdict in enumerate(verdicts)]
        tasks = [SimpleNamespace(drill=SimpleNamespace(name=each.record.drill)) for each in found]
        self.shown = [SimpleNamespace(judged=each) for each in found]
        outer = self

        class Growing:
            def __init__(self, *asked: Any) -> None:
                outer.did.append(("growing", asked[0]))

            def __enter__(self) -> None: ...

            def __exit__(self, *_: object) -> None: ...

        def notes(name: str, answer: Any = None) -> Any:
            def note(*asked: Any, **more: Any) -> Any:
                self.did.append(name)
                return answer

            return note

        patch = monkeypatch.setattr
        patch("ground.drills.growing.GrowingRecords", Growing)
        patch("ground.drills.twins.fly_with_twins",
              lambda campaign, asked: (tasks, found, ["a note"], differ))  # fmt: skip
        patch("ground.drills.swarm_flight.rates", lambda found: "the rates")
        patch("ground.drills.text_report.lines",
              lambda shown: [f"told {shown.judged.record.drill}"])  # fmt: skip
        patch("ground.drills.text_report.summary_line", lambda found: f"{len(found)} in all")
        patch(drill, "_recorded", lambda arguments: None)
        patch(drill, "_baseline", lambda arguments: None)
        patch(drill, "_drills", notes("drills", []))
        patch(drill, "_swarm", notes("swarm", []))
        patch(drill, "_tasks", notes("tasks", []))
        patch(drill, "_write", notes("write", self.shown))
        patch(drill, "_shrink", notes("shrink"))
        patch(drill, "_print_differences", notes("differences", 7))
        patch(drill, "_print_comparison", notes("comparison", False))


@pytest.mark.parametrize(
    ("verdicts", "differ", "words", "code", "told"),
    [
        (["PASS", "PASS"], False, [], 0, ["told d0", "told d1"]),
        (["PASS", "FAIL"], False, [], 1, ["told d0", "told d1"]),
        (["PASS", "FAIL"], False, ["--quiet"], 1, ["told d1"]),
        (["PASS"], True, [], 4, ["told d0"]), (["UNKNOWN"], False, ["--quiet"], 3, ["told d0"]),
    ],
)  # fmt: skip
def test_a_campaign_tells_each_flight_and_ends_with_the_worst(
    verdicts: list[str], differ: bool, words: list[str], code: int, told: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    led = Led(monkeypatch, *verdicts, differ=differ)
    assert drill._run(given(drill, "x", *words), SimpleNamespace()) == code  # type: ignore[arg-type]
    said = capsys.readouterr().out.splitlines()
    assert said == [*told, "a note", f"{len(verdicts)} in all"]
    assert led.did == ["drills", "tasks", ("growing", Path("runs/drills")), "write"]


def test_a_swarm_is_drawn_and_its_rates_come_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    led = Led(monkeypatch, "PASS")
    assert drill._run(given(drill, "--swarm", "3", "--shrink"), SimpleNamespace()) == 0  # type: ignore[arg-type]
    assert capsys.readouterr().out.splitlines() == ["told d0", "the rates", "a note", "1 in all"]
    assert [each for each in led.did if isinstance(each, str)] == [
        "drills", "swarm", "write", "shrink"
    ]  # fmt: skip


def test_records_are_held_beside_themselves_and_a_baseline_beside_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    led = Led(monkeypatch, "FAIL")
    monkeypatch.setattr(drill, "_baseline", lambda arguments: ["before"])
    assert drill._run(given(drill, "x"), SimpleNamespace()) == 1  # type: ignore[arg-type]
    assert led.did[-1] == "comparison"
    monkeypatch.setattr(drill, "_print_comparison", lambda before, now: True)
    for verdict, code in (("PASS", 1), ("FAIL", 1), ("UNKNOWN", 3)):
        Led(monkeypatch, verdict)
        monkeypatch.setattr(drill, "_baseline", lambda arguments: ["before"])
        monkeypatch.setattr(drill, "_print_comparison", lambda before, now: True)
        assert drill._run(given(drill, "x"), SimpleNamespace()) == code  # type: ignore[arg-type]
    led = Led(monkeypatch, "FAIL")
    monkeypatch.setattr(drill, "_baseline", lambda arguments: ["before"])
    monkeypatch.setattr(drill, "_recorded", lambda arguments: ["before"])
    led.did.clear()
    assert drill._run(given(drill, "--from", "y"), SimpleNamespace()) == 7  # type: ignore[arg-type]
    assert led.did == ["tasks", ("growing", Path("runs/drills")), "write", "differences"]


def test_workers_are_let_go_of_and_hardware_is_written_instead_of_flown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    did: list[Any] = []
    workers = SimpleNamespace(close=lambda: did.append("closed"))

    def workers_of(count: int, cluster: str | None) -> Any:
        did.append((count, cluster))
        return workers

    monkeypatch.setattr("ground.drills.worker_choice.workers_of", workers_of)
    monkeypatch.setattr(drill, "_run", lambda arguments, campaign: did.append("run") or 5)
    monkeypatch.setattr(
        drill, "_write_hardware", lambda arguments, campaign: did.append("hardware") or 6
    )
    monkeypatch.setattr(drill_bench, "run", lambda *asked: did.append("bench") or 8)
    monkeypatch.setattr(drill, "_print_matrix", lambda scenario: did.append(scenario) or 9)
    assert drill.run(given(drill, "x", "--workers", "3", "--cluster", "tcp://a")) == 5
    assert drill.run(given(drill, "--write-hardware", "z")) == 6
    assert did == [(3, "tcp://a"), "run", "closed", (2, None), "hardware", "closed"]
    did.clear()
    assert drill.run(given(drill, "x", "--bench", "b")) == 8
    for words in (["--matrix"], ["--matrix", "s"]):
        assert drill.run(given(drill, *words)) == 9
    assert did == ["bench", "nominal", "s"]
    with pytest.raises(ConfigurationError):
        drill.run(given(drill))
    assert did == ["bench", "nominal", "s"]


def test_a_method_is_failed_at_each_of_its_calls_and_one_that_is_never_called_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drills = [SimpleNamespace(name="a"), SimpleNamespace(name="b")]
    asked: list[Any] = []
    calls = {"a": {"rover.uhf.state": 3}, "b": {}}
    monkeypatch.setattr(
        "ground.drills.finding.drills_in",
        lambda places, only: asked.append((places, only)) or drills,
    )
    monkeypatch.setattr("ground.drills.nth.target_of", lambda drill, method: None)

    def nth(drill: Any, method: str, kind: str, count: int, folder: Path) -> list[Any]:
        asked.append((drill.name, method, kind, count, folder))
        return [f"{drill.name}{n}" for n in range(count)]

    monkeypatch.setattr("ground.drills.nth.nth_drills", nth)
    campaign: Any = SimpleNamespace(calls=lambda drill: calls[drill.name])
    assert drill._drills(given(drill, "x", "--only", "a"), campaign, []) == drills
    assert asked == [([Path("x")], ["a"])]
    words = ["x", "--nth", "rover.uhf.state", "--kind", "stuck", "--out", "o"]
    left_out: list[str] = []
    assert drill._drills(given(drill, *words), campaign, left_out) == ["a0", "a1", "a2"]
    assert left_out == []
    folder = Path("o/generated")
    assert asked[2:] == [("a", "rover.uhf.state", "stuck", 3, folder),
                         ("b", "rover.uhf.state", "stuck", 0, folder)]  # fmt: skip
    calls["a"] = {"rover.uhf.state": 200}
    drill._drills(given(drill, *words), campaign, left_out)
    assert left_out == []
    calls["a"] = {"rover.uhf.state": 201}
    drill._drills(given(drill, *words), campaign, left_out)
    assert left_out == ["a: the first 200 of 201 calls of rover.uhf.state"]
    calls["a"] = {}
    with pytest.raises(ConfigurationError, match="methods that are called between start and"):
        drill._drills(given(drill, *words), campaign, [])
    assert drill._drills(given(drill, "--swarm", "3"), campaign, []) == []


@pytest.mark.parametrize(("words", "seed"), [(["--seed", "0"], 0), ([], 77)])
def test_a_swarm_has_the_seed_that_was_said_or_a_new_one_that_is_told(
    words: list[str], seed: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Any] = []

    def below(limit: int) -> int:
        assert limit == 1_000_000
        return 77

    monkeypatch.setattr(drill.secrets, "randbelow", below)
    monkeypatch.setattr("ground.drills.scenario.load_scenario", lambda name: f"scenario {name}")
    monkeypatch.setattr("ground.drills.swarm.trunk_seeds", lambda seed, count: (seed, count))
    monkeypatch.setattr("ground.drills.swarm.Swarm", lambda *asked: made.append(asked) or "swarm")
    monkeypatch.setattr(
        "ground.drills.swarm_flight.swarm_tasks", lambda swarm, count: [swarm] * count
    )
    campaign: Any = SimpleNamespace(trunks=lambda scenario, seeds: ("trunks", scenario, seeds))
    arguments = given(drill, "--swarm", "3", "--out", "o", *words)
    assert drill._swarm(arguments, campaign) == ["swarm"] * 3
    trunks = ("trunks", "return", (seed, 3))
    assert made == [("scenario return", trunks, seed, Path("o/generated"))]
    assert f"swarm of 3, seed {seed}, scenario return" in capsys.readouterr().out


def test_each_drill_is_flown_with_its_seeds_and_without_what_was_switched_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def tasks_of(drills: Any, seeds: Any, **more: Any) -> list[Any]:
        asked.append((drills, seeds, more))
        return ["task"]

    checked: list[Any] = []
    monkeypatch.setattr("ground.drills.campaign.tasks_of", tasks_of)
    monkeypatch.setattr(
        "ground.drills.scenario.load_scenario",
        lambda name: SimpleNamespace(mission=SimpleNamespace(vehicles=name)),
    )
    monkeypatch.setattr(
        "ground.testbed.computers.protections.check_protections",
        lambda off, vehicles: checked.append((off, vehicles)),
    )
    monkeypatch.setattr("ground.drills.replay.tasks_from", lambda recorded, home: [home, *recorded])
    drills: Any = [SimpleNamespace(scenario="short")]
    assert drill._tasks(given(drill, "x"), drills, None) == ["task"]
    words = ["x", "--seeds", "2..4", "--without", "a", "--without", "b", "--bare", "--alone"]
    assert drill._tasks(given(drill, *words), drills, None) == ["task"]
    assert asked[0] == (drills, [], {"alone": False, "off": (), "bare": False})
    assert list(asked[1][1]) == [2, 3, 4]
    assert asked[1][2] == {"alone": True, "off": ("a", "b"), "bare": True}
    assert checked == [(("a", "b"), "short")], "only where something is off"
    assert drill._tasks(given(drill, "--from", "y"), [], ["r"]) == [Path("y"), "r"]  # type: ignore[list-item]
    with pytest.raises(ConfigurationError, match="--seeds"):
        drill._tasks(given(drill, "x", "--seeds", "4..2"), drills, None)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ([], ["results"]), (["--junit", "j"], ["results", "junit j"]),
        (["--html", "h"], ["results", "html h"]), (["--fmeca", "f"], ["results", "fmeca f"]),
        (["--coverage"], ["results", "coverage told"]),
        (["--score"], ["score", "score told", "results"]),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_written_and_nothing_else(
    words: list[str], written: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    did: list[str] = []

    def note(what: str) -> Any:
        return lambda *asked: did.append(what if what == "results" else f"{what} {asked[0]}")

    summary = SimpleNamespace(notes=None, score=None)
    patch = monkeypatch.setattr
    patch("ground.drills.telling.shown_of", lambda tasks, judged: ["shown"])
    patch("ground.drills.telling.summary_of", lambda command, judged, seconds: summary)
    patch("ground.drills.telling.score_text", lambda summary: did.append("score told") or "")
    scored = SimpleNamespace(rows="rows", unprotected={"d": "without"})

    def score(campaign: Any, drills: Any, judged: Any) -> Any:
        did.append("score")
        return scored

    patch("ground.drills.score.score", score)
    patch("ground.drills.results.write_results", note("results"))
    patch("ground.drills.junit.write_junit", note("junit"))
    patch("ground.drills.html.page.write_html", note("html"))
    patch("ground.drills.fmeca.write_fmeca", note("fmeca"))
    patch("ground.drills.fmeca.fmeca_rows", lambda shown, without: [without])
    patch("ground.drills.coverage.coverage_text", lambda found: did.append("coverage told") or "")
    campaign: Any = SimpleNamespace(seconds=1.0, coverage=lambda judged: "coverage")
    found = drill._write(given(drill, "x", *words), campaign, [], [], [], ["a note"])
    assert found == ["shown"] and did == written and summary.notes == ["a note"]
    assert summary.score == ("rows" if "--score" in words else None)
    capsys.readouterr()


def test_what_failed_is_made_smaller_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [["two faults less"], []]
    asked: list[Any] = []

    def shrink(which: Any, each: Any, fly: Any, folder: Path) -> Any:
        asked.append((which.name, each.verdict, folder))
        return SimpleNamespace(steps=steps.pop(0), flown=4, drill=SimpleNamespace(file="small"))

    monkeypatch.setattr("ground.drills.shrinking.shrink", shrink)
    monkeypatch.setattr("ground.drills.jobs.shown_path", lambda file: f"the {file} one")
    found = [judged("a", "FAIL"), judged("b", "PASS"), judged("c", "UNKNOWN"), judged("d", "FAIL")]
    tasks: Any = [SimpleNamespace(drill=SimpleNamespace(name=each.record.drill)) for each in found]
    campaign: Any = SimpleNamespace(fly_one=None)
    drill._shrink(given(drill, "x", "--out", "o"), campaign, tasks, found)
    assert asked == [(name, "FAIL", Path("o/generated")) for name in "ad"]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "a: two faults less (4 flights)"
    assert said[1].endswith("msr drill the small one")
    assert said[2] == "d: nothing smaller fails alike (4 flights)"


def on_a_bench(monkeypatch: pytest.MonkeyPatch, before: Any, flown: Any, out: Path) -> list[Any]:
    """Flies `before` in simulation and what `flown` gives on the bench; what is written."""
    patch = monkeypatch.setattr
    patch("ground.drills.finding.drills_in", lambda places, only: [])
    patch("ground.drills.on_bench.check_on_bench", lambda tasks, kind: None)
    patch("ground.drills.on_bench.fly_on_bench", lambda tasks, kind, out: flown())
    patch("ground.drills.worker_choice.workers_of",
          lambda count, cluster: SimpleNamespace(close=lambda: None))  # fmt: skip
    patch("ground.drills.campaign.Campaign",
          lambda *asked: SimpleNamespace(fly=lambda tasks: before))  # fmt: skip
    patch("ground.drills.telling.shown_of", lambda tasks, found: found)
    patch("ground.drills.text_report.lines", lambda shown: [shown.record.drill])
    patch("ground.drills.text_report.summary_line", lambda found: f"{len(found)} flown")
    patch(drill_bench, "_bench", lambda arguments: SimpleNamespace(key_descriptor=-1))
    patch(drill_bench, "_on", lambda task, bench: f"{task} on {bench}")
    written: list[Any] = []

    class Kept:
        """Keeps each at once."""

        def __enter__(self) -> "Kept":
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def add(self, task: str, found: Any) -> None:
            written.append((task, found))

    def write(arguments: Any, campaign: Any, drills: Any, on: Any, found: Any, notes: Any) -> Any:
        written.append((on, list(found), list(notes)))

    arguments = given(drill, "x", "--bench", "desk", "--out", str(out))
    tasks = [f"t{each.record.drill}" for each in before]
    try:
        assert drill_bench.run(arguments, lambda *asked: tasks, write, lambda *asked: Kept()) == 0  # type: ignore[arg-type, return-value]
    except (ConfigurationError, KeyboardInterrupt) as error:
        written.append(type(error))
    return written


def test_on_a_bench_each_is_held_beside_the_same_in_simulation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = [judged("a", "PASS"), judged("b", "FAIL"), judged("c", "FAIL")]
    before[2].because = []
    now = [judged("a", "PASS"), judged("b", "PASS"), judged("c", "PASS")]

    def flown() -> Any:
        return iter([(each, f"in {each.record.drill}") for each in now])

    *one_by_one, (on, found, notes) = on_a_bench(monkeypatch, before, flown, tmp_path)
    assert one_by_one == list(zip(on, now, strict=True))
    assert on == ["ta on desk", "tb on desk", "tc on desk"] and found == now
    assert notes == ["flown on the bench desk, with real devices"]
    said = [each.strip() for each in capsys.readouterr().out.splitlines()]
    assert said == [
        "a", "in simulation PASS: the same; the flight is in in a",
        "b", "in simulation FAIL: NOT THE SAME; the flight is in in b", "there because it fell",
        "c", "in simulation FAIL: NOT THE SAME; the flight is in in c", "there because all held",
        "on the bench 3 flown", "in simulation 3 flown",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "count"),
    [(ConfigurationError("desk.yaml", None, "devices", "it is lost"), 2),
     (ConfigurationError("desk.yaml", None, "devices", "it is not there"), 0),
     (KeyboardInterrupt(), 1)],
)  # fmt: skip
def test_what_was_flown_before_a_bench_is_refused_is_told_and_written(
    error: BaseException, count: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    before = [judged(name, "PASS") for name in "abc"]

    def flown() -> Any:
        for each in before[:count]:
            yield each, f"in {each.record.drill}"
        raise error

    *one_by_one, (on, found, notes), raised = on_a_bench(monkeypatch, before, flown, tmp_path)
    assert raised is type(error)
    assert [task for task, _ in one_by_one] == on == ["ta on desk", "tb on desk"][:count]
    assert found == before[:count] and notes[-1] == f"broken off: {count} of 3 were flown"
    said = capsys.readouterr().out
    assert [said.count(f"in {name}") for name in "abc"] == [1] * count + [0] * (3 - count)

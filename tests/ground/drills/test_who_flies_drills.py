"""What goes to those who fly drills and what comes back, without a process and without a flight:
batches, records that were lost, surveys that are kept, benches and clusters."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.drills import bench_drill, cluster, flying, surveys, workers
from ground.drills.bench_drill import FlownDrill, fly_again, keep, read_flown
from ground.drills.cluster import ClusterWorkers
from ground.drills.drill import Drill, Start
from ground.drills.flying import Flight
from ground.drills.jobs import Batch, Job, SurveyOrder
from ground.drills.record import Record
from ground.drills.survey import Survey
from ground.drills.surveys import surveys as kept_surveys
from ground.drills.worker import drill_of
from ground.drills.worker import fly_batch as fly_here
from ground.drills.workers import (
    LocalWorkers,
    SurveyFailed,
    WorkerKilled,
    environment,
    lost_record,
)
from tests.ground.drills.conftest import GOOD
from tests.ground.drills.test_flights_by_hand import Trunk, Watched
from tests.ground.drills.test_reports import record


def job(number: int, **more: Any) -> Job:
    plain = {"drill": f"d{number}", "file": "f", "text": GOOD, "scenario": "short", "seed": 7}
    return Job(number=number, **(plain | more))


# ------------------------------------------------------------------------------ a worker


def test_a_worker_reads_the_drill_from_the_text_it_was_given(tmp_path: Path) -> None:
    found = drill_of(job(3, drill="a/b", file="there.yaml", seed=9), tmp_path)
    assert (found.name, found.file, found.seed) == ("a/b", Path("there.yaml"), 9)
    assert (tmp_path / "3.yaml").read_text() == GOOD
    faults = GOOD + "faults: [{id: a, device: lander.battery, kind: scale, factor: 3}]\n"
    swept = job(4, text=faults, changes={"a.factor": 5.0})
    assert drill_of(swept, tmp_path).faults[0].kind.factor == 5.0  # type: ignore[attr-defined]
    quiet = drill_of(msgspec.structs.replace(swept, bare=True), tmp_path)
    assert quiet.faults == () and quiet.name == "d4"


def test_all_jobs_of_a_batch_go_into_one_flight_with_its_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flown: list[Any] = []

    class Flown:
        def __init__(self, pairs: Any, emit: Any, *, patience: float, read: Any) -> None:
            flown.append(([(each.number, drill.name) for each, drill in pairs], patience))
            flown.append(read(msgspec.structs.replace(pairs[0][0], drill="other")).name)
            self.emit = emit

        def fly(self) -> None:
            self.emit("job", "record")

    monkeypatch.setattr("ground.drills.worker.Flight", Flown)
    fly_here(Batch(jobs=[job(1), job(2)], patience=3.0), lambda *told: flown.append(told))
    assert flown == [([(1, "d1"), (2, "d2")], 3.0), "other", ("job", "record")]


@pytest.mark.parametrize("alone", [False, True])
def test_a_trunk_flies_its_mission_with_its_seed_and_without_what_is_off(
    good: Drill, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alone: bool
) -> None:
    seen: dict[str, Any] = {}
    loop = flying.VirtualLoop()
    loop.close()

    class Ran:
        def __init__(self, setting: Any, options: Any, kind: Any) -> None:
            seen.update(setting=setting, options=options, kind=kind)
            self.host = SimpleNamespace(loop=lambda: loop)

    monkeypatch.setattr(flying, "Run", Ran)
    monkeypatch.setattr(flying, "check_mission", lambda mission: {"lander": "file"})
    monkeypatch.setattr(flying, "PhaseClock", lambda run: None)
    monkeypatch.setattr(Flight, "_prepare", lambda self: None)
    ended: list[Any] = [None, flying.AllBegun(), KeyError("x")]

    def ran(flown: Any, loop: Any) -> None:
        flown.close()
        if (error := ended.pop(0)) is not None:
            raise error

    monkeypatch.setattr(flying, "run_loop", ran)
    out: list[str] = []

    def flight() -> Flight:
        made = Flight(
            [(job(1, off=("gate",), alone=alone), good)], lambda _, each: out.append(each.harness),
            folder=tmp_path / f"run{len(ended)}",
        )  # fmt: skip
        made._due.append(flying._Due(made._pairs[0][0], good, 1))
        return made

    flight().fly()
    assert out == [""], "the mission is over, and the drill has never begun"
    assert (seen["setting"].seed, seen["options"].seed) == (7, 7)
    assert seen["setting"].mission is flight()._scenario.mission
    assert seen["setting"].files == {"lander": "file"}
    assert seen["options"].protections_off == ("gate",)
    assert seen["kind"].in_memory is not alone
    flight().fly()
    assert out == [""], "all have begun: each has its own record"
    flight().fly()
    assert "KeyError: 'x'" in out[1] and out[1].startswith("the trunk broke:\n")
    assert (tmp_path / "run3").is_dir()


def test_a_branch_says_what_its_work_took_and_who_flies_alone_how(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk = Trunk(good, Start(flying.AtTime(1.0)))
    watch = Watched()
    monkeypatch.setattr(flying, "Watch", lambda *given: watch)
    ticks = iter([10.0, 12.5])
    monkeypatch.setattr(
        flying, "time", SimpleNamespace(process_time=lambda: next(ticks), perf_counter=lambda: 1.0)
    )
    trunk.loop.going = lambda until: watch.ended_by("over")
    assert trunk.flight._work(trunk.flight._due[0]).cpu == 2.5
    walls = iter([100.0, 103.0, 200.0, 207.0])
    monkeypatch.setattr(flying, "time", SimpleNamespace(perf_counter=lambda: next(walls)))
    blank = Record(drill="d", file="f", scenario="s", seed=1)
    trunk.flight._work = lambda due: blank  # type: ignore[method-assign]
    alone = trunk.flight._flown_alone(trunk.flight._due[0])
    assert (alone.how, alone.wall) == ("alone, over ZeroMQ", 3.0)
    trunk.flight._kind = SimpleNamespace(name="bench")  # type: ignore[assignment]
    alone = trunk.flight._flown_alone(trunk.flight._due[0])
    assert (alone.how, alone.wall) == ("alone, bench", 7.0)


# ------------------------------------------------------------------------- their processes


class Talked:
    """A process that answers what the test says."""

    says: ClassVar[list[bytes]] = []
    orders: ClassVar[list[Any]] = []
    ends_with: ClassVar[int] = 7

    def __init__(self, order: Any, begun: Any) -> None:
        self.orders.append(order)
        self.end = "the worker ended with 7:\nwhy"
        self.code = self.ends_with

    def lines(self) -> Iterator[bytes]:
        yield from self.says


@pytest.fixture
def talked(monkeypatch: pytest.MonkeyPatch) -> type[Talked]:
    monkeypatch.setattr(workers, "_Talk", Talked)
    monkeypatch.setattr(Talked, "orders", [])
    return Talked


def answer(number: int) -> bytes:
    return msgspec.json.encode({"number": number, "record": msgspec.to_builtins(record("PASS"))})


def test_for_each_job_there_is_one_record_and_for_a_lost_one_the_reason(
    talked: type[Talked],
) -> None:
    talked.says = [answer(2), answer(1)]
    batch = Batch(jobs=[job(1), job(2), job(3, off=("gate",))], patience=1.0)
    found = list(workers.fly_batch(batch))
    assert [number for number, _ in found] == [2, 1, 3], "as they are known"
    lost = found[2][1]
    assert (lost.drill, lost.seed, lost.scenario, lost.file) == ("d3", 7, "short", "f")
    assert lost.harness == "the worker ended with 7:\nwhy" and lost.protections_off == ("gate",)
    assert found[0][1].harness == "" and lost_record(job(1), "x").harness == "x"


def test_a_survey_that_does_not_come_back_is_told_with_its_scenario(
    talked: type[Talked], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = SurveyOrder(scenario="short", seed=4, digest="x")
    made = Survey(scenario="short", seed=4)
    talked.says = [msgspec.json.encode(made)]
    assert list(workers.fly_survey(order)) == [(order, made)]
    talked.says = []
    with pytest.raises(SurveyFailed, match=r"^short, seed 4: the worker ended with 7") as failed:
        list(workers.fly_survey(order))
    assert not isinstance(failed.value, WorkerKilled), "it has broken by itself"
    monkeypatch.setattr(talked, "ends_with", -9)
    with pytest.raises(WorkerKilled):
        list(workers.fly_survey(order))


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_crew_does_all_that_it_is_given_once(talked: type[Talked], count: int) -> None:
    talked.says = [answer(1)]
    batches = [Batch(jobs=[job(1, drill=name)], patience=1.0) for name in "abcde"]
    assert len(list(LocalWorkers(count).fly(batches))) == 5
    assert sorted(each.jobs[0].drill for each in talked.orders) == list("abcde")
    assert list(LocalWorkers(count).fly([])) == []


def test_what_one_of_a_crew_raises_is_raised_and_ends_who_still_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[str] = []

    def process(name: str, poll: int | None) -> Any:
        return SimpleNamespace(poll=lambda: poll, terminate=lambda: ended.append(name))

    def task(begun: Any) -> Iterator[int]:
        begun(process("runs", None))
        yield 1
        raise SurveyFailed("gone")

    def over(begun: Any) -> Iterator[int]:
        begun(process("has ended", 0))
        yield 2
        raise SurveyFailed("gone, too")

    for each, left in ((task, ["runs"]), (over, [])):
        ended.clear()
        crew: Any = workers._Crew(1, [each, each])
        with pytest.raises(SurveyFailed, match="gone"):
            list(crew.work())
        assert ended == left, "who has ended needs no end"


def test_a_worker_has_one_thread_and_the_pin_where_nobody_set_one() -> None:
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    found = environment({"A": "b", "OMP_NUM_THREADS": "8"})
    assert found.items() >= (one | {"A": "b"}).items()
    pinned = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4"}
    assert environment(pinned) == one | pinned
    assert workers.COMMAND == (sys.executable, "-m", "ground.drills.worker")


# --------------------------------------------------------------------------------- surveys


class Surveyors:
    """Surveys at once, and counts."""

    def __init__(self) -> None:
        self.orders: list[SurveyOrder] = []

    def survey(self, orders: Any) -> Iterator[tuple[SurveyOrder, Survey]]:
        for order in orders:
            self.orders.append(order)
            yield order, Survey(scenario=order.scenario, seed=order.seed, ended=5.0)


def test_a_survey_is_flown_once_and_again_when_what_it_rests_on_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = ["one"]
    monkeypatch.setattr(surveys, "_code_digest", lambda: code[0])
    crew: Any = Surveyors()

    def ask(*wanted: tuple[str, int]) -> int:
        before = len(crew.orders)
        found = kept_surveys(wanted, crew, tmp_path / "new")
        assert {key: (s.scenario, s.seed) for key, s in found.items()} == {
            each: each for each in wanted
        }
        return len(crew.orders) - before

    assert ask(("short", 1), ("short", 1)) == 1 and ask(("short", 1)) == 0
    assert ask(("short", 1), ("short", 2), ("surface", 1)) == 2
    code[0] = "another"
    assert ask(("short", 1)) == 1
    digest = crew.orders[-1].digest
    file = tmp_path / "new" / f"{digest}.json"
    assert len(digest) == 32 and msgspec.json.decode(file.read_bytes())["digest"] == digest
    for bad in (b"{", b'{"scenario": 3}', msgspec.json.encode(
        Survey(scenario="short", seed=1, format=3))):  # fmt: skip
        file.write_bytes(bad)
        assert ask(("short", 1)) == 1 and ask(("short", 1)) == 0, bad


def test_a_survey_rests_on_code_and_configuration_but_on_no_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = tmp_path / "configs"
    for name in ("flight/a.py", "ground/testbed/b.py", "ground/console/c.py", "tests/d.py",
                 "configs/e.yaml", "configs/drills/f.yaml"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(surveys, "flight", SimpleNamespace(__file__=tmp_path / "flight" / "i.py"))
    monkeypatch.setattr(surveys, "configs_folder", lambda: configs)
    seen = [surveys._code_digest()]
    assert surveys._code_digest() == seen[0]
    for name, other in (("flight/a.py", True), ("ground/testbed/b.py", True),
                        ("ground/console/c.py", False), ("tests/d.py", False),
                        ("configs/e.yaml", True), ("configs/drills/f.yaml", False)):  # fmt: skip
        (tmp_path / name).write_text("two")
        seen.append(surveys._code_digest())
        assert (seen[-1] != seen[-2]) is other, name


# ------------------------------------------------------------------------ benches, clusters


def test_a_drill_of_a_bench_is_kept_and_flown_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flown = FlownDrill(job(1), "abc", "PASS")
    keep(tmp_path, flown)
    assert read_flown(tmp_path) == flown
    for text, words in (
        (b"{", "no drill of a bench"), (b"\xff", "no drill of a bench"),
        ((tmp_path / "bench_drill.json").read_bytes().replace(b'"format":1', b'"format":2'),
         "= 2: allowed is 1"),
    ):  # fmt: skip
        (tmp_path / "bench_drill.json").write_bytes(text)
        with pytest.raises(ConfigurationError, match=words):
            read_flown(tmp_path)
    with pytest.raises(ConfigurationError, match="no drill of a bench"):
        read_flown(tmp_path / "elsewhere")
    leaves = [True, False]

    class Flown:
        def __init__(self, pairs: Any, emit: Any, *, kind: Any, folder: Path) -> None:
            ((self.job, drill),) = pairs
            assert self.job.alone and drill.name == "d1" and (kind, folder) == ("kind", tmp_path)
            self.emit = emit

        def fly(self) -> None:
            if leaves.pop(0):
                self.emit(self.job, "the record")

    monkeypatch.setattr(bench_drill, "Flight", Flown)
    assert fly_again(flown, "kind", tmp_path) == "the record"  # type: ignore[arg-type, comparison-overlap]
    with pytest.raises(ConfigurationError, match="left no record"):
        fly_again(flown, "kind", tmp_path)  # type: ignore[arg-type]


class Client:
    """A scheduler whose workers do at once what they are told."""

    prints: ClassVar[dict[str, Any]] = {}

    def __init__(self, address: str, timeout: float) -> None:
        if address == "nobody":
            raise OSError("refused")
        self.asked, self.open = (address, timeout), True

    def get_executor(self) -> "Client":
        return self

    def submit(self, work: Any, order: bytes) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(work(order))
        return done

    def run(self, work: Any) -> dict[str, Any]:
        return self.prints

    def close(self) -> None:
        self.open = False


def test_a_cluster_flies_and_surveys_where_its_machines_compute_alike(
    monkeypatch: pytest.MonkeyPatch, talked: type[Talked]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=Client))
    refused: list[Any] = []
    monkeypatch.setattr(cluster, "refuse_other", refused.append)
    with pytest.raises(ConfigurationError, match=r"there: the scheduler has no workers"):
        ClusterWorkers("there")
    with pytest.raises(ConfigurationError, match=r"nobody: no scheduler answers there \(refused"):
        ClusterWorkers("nobody")
    monkeypatch.setattr(Client, "prints", {"a": "print a", "b": "print b"})
    made = ClusterWorkers("there")
    assert refused == ["print a", "print b"] and made._client.asked == ("there", 20.0)
    talked.says = [answer(1)]
    batches = [Batch(jobs=[job(1), job(2)], patience=1.0)]
    assert sorted((n, each.harness[:10]) for n, each in made.fly(batches)) == [
        (1, ""), (2, "the worker"),
    ]  # fmt: skip
    order = SurveyOrder(scenario="short", seed=4, digest="x")
    talked.says = [msgspec.json.encode(Survey(scenario="short", seed=4))]
    assert [(told, each.seed) for told, each in made.survey([order])] == [(order, 4)]
    made.close()
    assert not made._client.open
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match="Dask is not installed"):
        ClusterWorkers("there")

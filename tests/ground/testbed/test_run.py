"""One composition of a run: what it leaves, what it tells, and that looking changes nothing."""

import asyncio
import json
from pathlib import Path

import pytest
import zmq

from flight.configuration.files import ConfigurationError, find_configuration
from flight.runtime.zeromq_keys import Keys
from ground.missions.mission import LoadedMission, load_mission
from ground.reports.flight import fly_mission
from ground.testbed.computers.starts import COLD
from ground.testbed.evidence.evidence import configuration_hashes, program
from ground.testbed.evidence.fingerprint import fingerprint
from ground.testbed.host import HostCannot
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.processes.processes import Processes
from ground.testbed.run import Run, RunOptions


def small_mission(folder: Path, sols: float = 0.08, more: str = "") -> LoadedMission:
    """`surface`, ended by its time limit after so many sols; `more` is added to the file."""
    text = find_configuration("missions", "surface").read_text()
    limit = f'{{value: {sols}, unit: sol, source: "test"}}'
    lines = [line for line in text.splitlines() if not line.startswith(("expected_", "time_limit"))]
    lines += [f"expected_duration: {limit}", f"time_limit: {limit}", more]
    file = folder / "small.yaml"
    file.write_text("\n".join(lines))
    return load_mission(str(file))


def summary(out: Path) -> dict[str, object]:
    return dict(json.loads((out / "summary.json").read_text()))


@pytest.mark.parametrize("shuffle", [None, 7])
def test_an_observed_and_an_unobserved_run_have_one_hash(
    tmp_path: Path, shuffle: int | None
) -> None:
    mission = small_mission(tmp_path)
    seen: list[float] = []

    def look(run: Run) -> None:
        seen.append(run.now())
        assert run.progress() is not None
        run.auditor.statement()

    host = Virtual(shuffle=shuffle)
    alone = fly_mission(mission, tmp_path / "alone", host=host)
    watched = fly_mission(mission, tmp_path / "watched", host=host, show=look)
    assert len(seen) > 10
    assert watched.log_sha256 == alone.log_sha256
    assert watched.messages == alone.messages


def test_what_was_to_break_is_told_with_its_time_or_why_it_never_did(tmp_path: Path) -> None:
    mission = small_mission(
        tmp_path,
        more="failures:\n"
        "  - {what: device, target: rover.wheels, mode: dead_wheel,\n"
        "     tubes: {place: container, count: 2}}\n"
        "  - {what: vehicle, target: rover, after_sols: 0.03}\n",
    )
    kills = (Kill("lander", 2000.0), Kill("rover", 5000.0), Kill("arm", 7000.0))
    record = fly_mission(mission, tmp_path / "run", RunOptions(kills=kills))
    told = {(each.what, each.target): each for each in record.breakages}
    assert told["device", "rover.wheels"].fired is None
    assert "never were there" in told["device", "rover.wheels"].remark
    assert told["vehicle", "rover"].fired == pytest.approx(0.03 * 88_775.244, abs=1.0)
    assert told["kill", "lander"].fired == 2000.0
    assert told["kill", "rover"].fired is None and told["kill", "rover"].remark
    assert told["kill", "arm"].fired == 7000.0
    assert record.boots["lander"] == 2 and record.boots["rover"] == 1
    assert [kill.role for kill in record.kills] == ["lander", "arm"]


def test_a_kill_that_cannot_come_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    mission = small_mission(tmp_path)
    limit = 0.08 * 88_775.244
    for kill in (Kill("rover", limit + 1.0), Kill("orbiter", 1.0)):
        with pytest.raises(ConfigurationError, match="--kill"):
            fly_mission(mission, tmp_path / "run", RunOptions(kills=(kill,)))
    assert not (tmp_path / "run").exists()


def test_a_death_ends_in_a_cold_start(tmp_path: Path) -> None:
    mission = small_mission(tmp_path)
    options = RunOptions(kills=(Kill("rover", 3000.0), Kill("ground", 3000.0)))
    fly_mission(mission, tmp_path / "run", options)
    boots = [
        json.loads(line)["time_ns"] / 1e9
        for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()
        if '"booted"' in line and '"source": "rover"' in line
    ]
    assert boots[-1] == pytest.approx(3000.0 + COLD.seconds, abs=1.0)
    mark = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (mark["state"], mark["fingerprint"]) == ("ended", fingerprint())
    assert summary(tmp_path / "run")["boots"]["ground"] == 2  # type: ignore[index]


# Instants at which no vehicle works: who stops or dies at work may have sent what never arrives.
HOLD, KILL = 1503.3, 3003.3


@pytest.mark.processes
def test_over_processes_a_run_leaves_the_same_and_says_that_it_is_not_the_same_again(
    tmp_path: Path,
) -> None:
    mission = small_mission(tmp_path)
    cannot: list[str] = []
    held: list[float] = []
    context = zmq.Context()
    stranger = context.socket(zmq.DEALER)

    def hold(run: Run, loop: asyncio.AbstractEventLoop) -> None:
        go_on = run.host.stand("perseverance")

        def release() -> None:
            held.append(run.now())  # time did not wait for it
            go_on()

        held.append(run.now())
        loop.call_later(1000.0, release)

    def look(run: Run) -> None:
        if not cannot:
            given = json.loads((tmp_path / "run" / "specification.json").read_text())
            keys = Keys.read(Path(given["sockets"]) / "keys")
            public, secret = zmq.curve_keypair()  # not those of the run
            stranger.curve_serverkey = keys.bound_public.encode()
            stranger.curve_publickey, stranger.curve_secretkey = public, secret
            for service in ("rover.wheels", "rover.node"):
                stranger.connect(f"tcp://127.0.0.1:{given['ports'][service]}")
            loop = asyncio.get_running_loop()
            loop.call_at(HOLD, hold, run, loop)
        if not cannot:
            try:
                run.node("rover")
            except HostCannot as error:
                cannot.append(str(error))

    options = RunOptions(kills=(Kill("rover", KILL),))
    record = fly_mission(mission, tmp_path / "run", options, Processes(3000.0, "tcp"), look)
    context.destroy(0)
    fly_mission(mission, tmp_path / "virtual", options)
    told, virtual = summary(tmp_path / "run"), summary(tmp_path / "virtual")
    assert set(told) == set(virtual)
    assert told["deterministic"] is False and told["because"]
    assert virtual["deterministic"] is True and virtual["because"] == []
    assert told["boots"]["rover"] == 2  # type: ignore[index]
    assert record.violations == [] and record.audits > 10 and record.messages > 100
    assert "has a process of its own" in cannot[0]
    assert held[1] == pytest.approx(held[0] + 1000.0)
    assert told["boots"]["perseverance"] == 1  # type: ignore[index]
    ours = {path.name for path in (tmp_path / "virtual").iterdir()}
    assert ours <= {path.name for path in (tmp_path / "run").iterdir()}
    events = (tmp_path / "run" / "events.jsonl").read_text()
    assert events.count('"booted"') >= 6
    refused = [line for line in events.splitlines() if '"stranger_refused"' in line]
    assert any("at hardware" in line for line in refused)
    assert any("at rover" in line for line in refused)
    assert "time_went_on" not in events and "second_program" not in events


def test_evidence_names_the_program_and_the_files(tmp_path: Path) -> None:
    assert program(tmp_path) == {"commit": None, "dirty": None}
    (tmp_path / ".git").mkdir()  # as good as none
    assert program(tmp_path) == {"commit": None, "dirty": None}
    mission = small_mission(tmp_path)
    before = configuration_hashes(mission)
    assert "vehicles/rover.yaml" in before and str(mission.file.resolve()) in before
    mission.file.write_text(mission.file.read_text() + "# another\n")
    after = configuration_hashes(mission)
    assert [name for name in before if before[name] != after[name]] == [str(mission.file.resolve())]

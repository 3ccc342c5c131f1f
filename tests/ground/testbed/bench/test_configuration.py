"""A record of a bench holds for the bench file that it was flown with, and for no other."""

from math import inf
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.missions.mission import load_mission
from ground.testbed.bench.file import load_bench
from ground.testbed.bench.host import Bench
from ground.testbed.record.session import FORMAT, Session, SessionHead


def bench_of(file: Path, session: Session | None = None) -> Bench:
    path, bench = load_bench(str(file))
    return Bench(in_memory=True, pace=inf, file=path, bench=bench, session=session)


def test_a_bench_file_that_has_changed_is_refused_and_a_record_of_before_is_flown(
    tmp_path: Path,
) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(Path("configs/benches/wheels_on_a_pty.yaml").read_text())
    mission = load_mission("long_drive")
    told = bench_of(file).configuration(mission)
    assert "bench desk.yaml" in told

    def recorded(configuration: dict[str, str]) -> Session:
        head = SessionHead(FORMAT, "long_drive", 1, None, configuration, (), str(file))
        return Session(tmp_path / "session.jsonl", head, ())

    bench_of(file, recorded(told)).check(mission)
    file.write_text(file.read_text().replace("value: 1.2", "value: 1.3"))
    with pytest.raises(ConfigurationError, match=r"have changed since it was recorded: bench desk"):
        bench_of(file, recorded(told)).check(mission)
    before = {name: each for name, each in told.items() if not name.startswith("bench ")}
    bench_of(file, recorded(before)).check(mission)

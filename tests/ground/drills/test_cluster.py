"""The same drills through a local Dask cluster: the same verdicts and hashes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.drills.campaign import Campaign, tasks_of
from ground.drills.variants import load_variants
from ground.drills.worker_choice import workers_of
from ground.drills.workers import LocalWorkers
from tests.ground.drills.test_flying import drill

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore"),  # of Dask's own
]


@pytest.fixture
def address() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield str(cluster.scheduler_address)


def test_a_cluster_flies_as_this_machine_does(tmp_path: Path, address: str) -> None:
    drills = []
    for number, floor in enumerate((0.15, 0.999)):
        file = tmp_path / f"drill{number}.yaml"
        file.write_text(drill(floor=floor))
        drills += load_variants(file)
    tasks = tasks_of(drills, [1, 2])
    here = Campaign(LocalWorkers(2), 2, tmp_path).fly(tasks)
    with contextlib.closing(workers_of(2, address)) as workers:
        there = Campaign(workers, 2, tmp_path).fly(tasks)
    assert [each.verdict for each in there] == ["PASS", "PASS", "FAIL", "FAIL"]
    assert [each.record.sha256 for each in there] == [each.record.sha256 for each in here]
    assert [each.because for each in there] == [each.because for each in here]


def test_where_no_scheduler_answers_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground.drills.cluster.PATIENCE", 0.5)
    with pytest.raises(ConfigurationError, match="no scheduler answers there"):
        workers_of(2, "tcp://127.0.0.1:9")

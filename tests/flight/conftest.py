"""Rigs of vehicles talk by queues; those of the kernel and the bus by ZeroMQ, as flights do."""

from pathlib import Path

import pytest

from flight.runtime.memory_fabric import MemoryFabric

HERE = Path(__file__).parent
OVER_ZEROMQ = ("core", "icd", "runtime")
"""Rooms whose tests are about what goes over the bus."""


@pytest.fixture(autouse=True)
def rigs_in_memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages are the same (tests/missions/test_in_memory.py), a tenth sooner."""
    if request.path.relative_to(HERE).parts[0] not in OVER_ZEROMQ:
        monkeypatch.setattr("ground.testbed.rig.Fabric", MemoryFabric)

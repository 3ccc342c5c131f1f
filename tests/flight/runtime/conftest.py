"""Two participants on one fabric: of ZeroMQ, and of queues in memory."""

from collections.abc import AsyncIterator

import pytest

from flight.runtime.bus import Fabric
from flight.runtime.fabric import Presence
from flight.runtime.memory_fabric import MemoryFabric
from tests.flight.runtime.parties import Party


@pytest.fixture(params=[Fabric, MemoryFabric], ids=["inproc", "memory"])
async def fabric(request: pytest.FixtureRequest) -> AsyncIterator[Presence]:
    fabric: Presence = request.param()
    yield fabric
    fabric.close()


@pytest.fixture
async def lander(fabric: Presence) -> AsyncIterator[Party]:
    party = Party("lander", fabric)
    yield party
    party.bus.close()


@pytest.fixture
async def rover(fabric: Presence) -> AsyncIterator[Party]:
    party = Party("rover", fabric)
    yield party
    party.bus.close()

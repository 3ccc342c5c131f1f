"""A rig with the toy node, for the tests of the node."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ground.testbed.rig import Rig
from tests.flight.core.toy_node import SPEED, Toy, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def rig(tmp_path: Path, world: World) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        rig.add_node(Toy, SPEED, mission={"world": world})
        yield rig

"""A run that is up, an edge that has found it, and clients of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ground.client import Connection, MissionControl
from ground.edge import Edge, EdgeOptions
from tests.ground.edge.stand_in import StandIn, until


@asynccontextmanager
async def served(run: StandIn, options: EdgeOptions) -> AsyncIterator[Edge]:
    """A run that is up, and an edge that has found it."""
    run.start()
    try:
        async with Edge(run.folder, options) as edge:
            await until(lambda: edge.link.state.up)
            yield edge
    finally:
        run.kill()


def session_of(edge: Edge, user: str) -> str:
    return edge.sessions.open(user)[0]


def client(edge: Edge, user: str) -> Connection:
    """A client with a session of its own."""
    return Connection(edge.folder, session=session_of(edge, user))


def script(edge: Edge, user: str) -> MissionControl:
    """A script with a session of its own."""
    return MissionControl(edge.folder, session=session_of(edge, user))

"""A run that is up, an edge that has found it, and clients of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import zmq
import zmq.asyncio

from flight.icd.codec import decode_plain
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


async def raw(edge: Edge, *frames: bytes) -> Any:
    """What the edge answers to frames as they are; None: nothing within a while."""
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.DEALER)
    socket.connect(edge.requests)
    try:
        await socket.send_multipart(list(frames))
        async with asyncio.timeout(5.0):
            return decode_plain((await socket.recv_multipart())[-1])
    finally:
        context.destroy(linger=0)

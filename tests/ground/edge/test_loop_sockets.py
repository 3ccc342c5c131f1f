"""Sockets of the edge and its clients on the loop of asyncio."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import zmq

from ground.client.sockets import LoopSocket


@pytest.mark.paced
async def test_an_error_over_one_message_hides_none_of_those_that_came_with_it(
    tmp_path: Path,
) -> None:
    context: zmq.Context[Any] = zmq.Context()
    heard: list[bytes] = []
    errors: list[Any] = []

    def hear(frames: list[bytes], sender: str) -> None:
        heard.append(frames[-1])
        if frames[-1] == b"1":
            raise KeyError("nobody thought of this")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, told: errors.append(told["exception"]))
    door = LoopSocket(context.socket(zmq.ROUTER), hear, largest=100, waiting=100)
    asker = context.socket(zmq.DEALER)
    address = door.bind(f"ipc://{tmp_path}/door")
    asker.connect(address)
    for number in range(200):
        asker.send(b"%d" % number)
    async with asyncio.timeout(10.0):
        while len(heard) < 200:  # noqa: ASYNC110
            await asyncio.sleep(0.0)
    assert heard == [b"%d" % number for number in range(200)]
    assert [type(error) for error in errors] == [KeyError]
    door.close()
    context.destroy(linger=0)

"""Serves the stand-in over ZeroMQ, as the API's edge does."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import msgpack
import zmq
import zmq.asyncio

from tests.ground.console.stand_in.answering import Answering
from tests.ground.console.stand_in.recording import read_recording
from tests.ground.console.stand_in.run import Run

TICK = 0.1


async def serve(api: str, streams: str, run: Run) -> None:
    """Until it is cancelled."""
    context = zmq.asyncio.Context()
    answering = Answering(run)
    requests, out = context.socket(zmq.ROUTER), context.socket(zmq.XPUB)
    requests.bind(api)
    out.bind(streams)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_answer(requests, answering))
            tasks.create_task(_stream(out, answering))
    finally:
        context.destroy(linger=0)


async def _answer(requests: zmq.asyncio.Socket, answering: Answering) -> None:
    while True:
        who, frame = await requests.recv_multipart()
        asked = msgpack.unpackb(frame)
        answer = answering.answer(asked.get("request"), asked.get("session"))
        await requests.send_multipart([who, msgpack.packb({"id": asked.get("id"), **answer})])


async def _stream(out: zmq.asyncio.Socket, answering: Answering) -> None:
    run = answering.run
    told = len(run.journal)
    last: dict[str, int] = {entry["topic"]: entry["n"] for entry in run.journal}
    while True:
        await asyncio.sleep(TICK)
        run.tick(TICK)
        rows, run.changed = run.changed, []
        newest = {(row[0], row[1]): row for row in rows}
        if newest:
            await _send(out, "tm.all", {"after": 0, "version": 0, "values": list(newest.values())})
        by_topic: dict[str, list[Any]] = {}
        for entry in run.journal[told:]:
            by_topic.setdefault(entry["topic"], []).append(entry)
        told = len(run.journal)
        for topic, entries in by_topic.items():
            await _send(out, topic, {"after": last.get(topic, 0), "entries": entries})
            last[topic] = entries[-1]["n"]
        await _send(out, "clock", {
            "time_ns": run.time_ns, "pace": run.pace, "until": run.until_ns, "ended": None,
            "clock": run.recording.clock(run.time_ns), "stale": answering.silent(),
            "journal_last": told, "telemetry_version": 0,
            "link": {"up": True, "since": None, "why": "", "life": "1"}, "last": last,
        })  # fmt: skip


async def _send(out: zmq.asyncio.Socket, topic: str, data: Any) -> None:
    await out.send_multipart([topic.encode(), msgpack.packb(data)])


def main() -> None:
    """Reads the run folder and serves."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--serve-in", type=Path, required=True, help="folder of the two sockets")
    parser.add_argument("--at", type=float, default=0.0, help="mission time in s to begin at")
    parser.add_argument("--pace", type=float, default=0.0)
    given = parser.parse_args()
    recording = read_recording(given.folder, json.loads(given.dictionary.read_text()))
    run = Run(recording, round(given.at * 1e9), given.pace)
    where = {name: f"ipc://{given.serve_in.absolute() / name}" for name in ("requests", "streams")}
    asyncio.run(serve(where["requests"], where["streams"], run))


if __name__ == "__main__":
    main()

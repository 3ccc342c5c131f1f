"""Streams tell all and wait for nobody; who missed something asks again and has it all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import zmq

from flight.icd.codec import encode
from ground.client import Connection, MissionControl, Refused, RunStartedAgain
from ground.edge import EdgeOptions
from tests.ground.edge.serving import client, script, served, session_of
from tests.ground.edge.stand_in import StandIn, until

LARGEST_REQUEST = 65_536

pytestmark = pytest.mark.stock


async def first(entries: AsyncIterator[Any], count: int) -> list[int]:
    """The numbers of the next entries."""
    return [(await anext(entries)).n for _ in range(count)]


async def test_the_journal_is_told_whole_from_any_number_and_then_as_it_comes(
    run: StandIn, options: EdgeOptions
) -> None:
    for _ in range(1203):
        run.tell("ev", "told")
    async with served(run, options) as edge, script(edge, "eve") as mc:
        entries = mc.journal(since=1)
        assert await first(entries, 1202) == list(range(2, 1204))
        run.tell("cmd", "sent")
        run.tell("ev", "told")
        assert await first(entries, 2) == [1204, 1205]
        await entries.aclose()


async def test_one_topic_is_told_without_the_others(run: StandIn, options: EdgeOptions) -> None:
    for topic in ("ev", "cmd", "ev", "audit"):
        run.tell(topic)
    async with served(run, options) as edge, script(edge, "eve") as mc:
        entries = mc.journal(topics=("ev",))
        assert await first(entries, 2) == [1, 3]
        for topic in ("cmd", "ev", "cmd"):
            run.tell(topic)
        assert await first(entries, 1) == [6]
        await entries.aclose()


@pytest.mark.requirement("PPL-03")
@pytest.mark.parametrize("lost", [("ev",), ("cmd",), ("ev", "cmd"), ("ev", "cmd", "clock")])
async def test_entries_that_got_lost_on_the_way_are_asked_for(
    run: StandIn, options: EdgeOptions, lost: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(run, options) as edge, script(edge, "eve") as mc:
        entries = mc.journal()
        run.tell("ev")
        assert await first(entries, 1) == [1]
        publish = edge._publish
        with monkeypatch.context() as patched:
            patched.setattr(
                edge.news, "_publish",
                lambda topic, message: None if topic in lost else publish(topic, message),
            )  # fmt: skip
            for topic in ("ev", "cmd", "ev"):
                run.tell(topic)
            await until(lambda: edge.news.where()[0] == 4)
        run.tell("ev")
        assert sorted(await first(entries, 4)) == [2, 3, 4, 5]
        await entries.aclose()


async def test_of_a_channel_the_newest_value_counts(run: StandIn, options: EdgeOptions) -> None:
    run.measure("rover", "charge", 0.5)
    run.measure("lander", "charge", 0.7)
    async with served(run, options) as edge:
        await until(lambda: edge.news.where()[1] == 2)
        async with MissionControl(run.folder, session=session_of(edge, "eve")) as mc:
            values = mc.telemetry("rover")
            assert (await anext(values)).value == 0.5
            for number in range(2000):  # nobody takes them meanwhile
                run.measure("rover", "charge", float(number))
                if number % 100 == 0:
                    await asyncio.sleep(0.02)
            await until(lambda: edge.news.where()[1] == run.version)
            seen = [(await anext(values)).value]
            while seen[-1] != 1999.0:
                seen.append((await anext(values)).value)
            assert seen == sorted(seen) and len(seen) < 100
            await values.aclose()


async def test_a_value_that_got_lost_on_the_way_is_asked_for(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.measure("rover", "charge", 0.5)
    async with served(run, options) as edge, script(edge, "eve") as mc:
        values = mc.telemetry()
        assert (await anext(values)).value == 0.5
        with monkeypatch.context() as patched:
            patched.setattr(edge.news, "_publish", lambda *_: None)
            run.measure("rover", "charge", 0.4)
            await until(lambda: edge.news.where()[1] == 2)
        run.measure("rover", "slip", 0.1)
        told = [await anext(values) for _ in range(2)]
        assert {(each.channel, each.value) for each in told} == {("charge", 0.4), ("slip", 0.1)}
        await values.aclose()


async def test_who_reads_a_journal_is_told_that_the_run_was_started_again(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, script(edge, "eve") as mc:
        entries = mc.journal()
        run.tell("ev")
        assert await first(entries, 1) == [1]
        run.kill()
        run.start()
        with pytest.raises(RunStartedAgain):
            await first(entries, 1)


@pytest.mark.requirement("PPL-03")
async def test_a_subscriber_that_does_not_read_slows_nobody_and_is_counted(
    run: StandIn, options: EdgeOptions
) -> None:
    context: zmq.Context[Any] = zmq.Context()
    try:
        async with served(run, options) as edge, client(edge, "eve") as connection:
            stalled = []
            for _ in range(20):
                socket = context.socket(zmq.SUB)
                socket.setsockopt(zmq.RCVHWM, 1)
                socket.setsockopt(zmq.RCVBUF, 4096)
                socket.setsockopt(zmq.SUBSCRIBE, b"")
                socket.connect(edge.streams)
                stalled.append(socket)
            inbox = connection.stream("ev", most=10_000)
            await until(lambda: edge._streams[0].published)
            big = {"text": "x" * 20_000}
            for number in range(1000):
                edge._publish("ev", {"after": number, "entries": [big]})
                if number % 20 == 0:
                    await asyncio.sleep(0.001)
            service = await connection.ask({"do": "service"})
            assert service["stalled"] > 0
            await until(lambda: inbox.waiting > 500)
    finally:
        context.destroy(linger=0)


@pytest.mark.requirement("PPL-04")
async def test_ten_thousand_malformed_frames_later_it_serves_as_before(
    run: StandIn, options: EdgeOptions
) -> None:
    nonsense = [
        b"", b"\xc1", b"\x81\xa2id\x01", b"\x93\x01\x02\x03", encode({"id": "x", "request": {}}),
        encode({"id": 1, "request": []}), encode({"id": 1, "request": {}, "more": 1}),
        encode({"id": 1, "request": {"do": {"do": "do"}}}), b"\xdf" + b"\xff" * 8,
        encode({"id": 1, "request": {"do": "hello"}, "session": "x" * 201}),
    ]  # fmt: skip
    context: zmq.Context[Any] = zmq.Context()
    try:
        async with served(run, options) as edge, client(edge, "eve") as connection:
            socket = context.socket(zmq.DEALER)
            socket.connect(edge.requests)
            for number in range(10_000):
                frame = nonsense[number % len(nonsense)]
                socket.send_multipart([frame] * (1 + number % 12 * 7), zmq.NOBLOCK)
                if number % 50 == 0:
                    await asyncio.sleep(0.001)
                    await connection.ask({"do": "whoami"})
            await until(lambda: edge._service()["malformed"] > 5000)
            assert (await connection.ask({"do": "whoami"}))["name"] == "eve"
        assert run.acted == []
    finally:
        context.destroy(linger=0)


async def test_a_frame_beyond_64_kb_is_not_taken(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, client(edge, "anna") as connection:
        note = "x" * LARGEST_REQUEST
        with pytest.raises(Refused, match="allowed are 65536"):
            await connection.ask({"do": "stage", "note": note})
        frame = encode({"id": 1, "request": {"do": "stage", "note": note}})
        connection._requests.send([frame])  # ZeroMQ itself drops who sends that
        assert (await connection.ask({"do": "whoami"}))["name"] == "anna"
    assert run.acted == []


@pytest.mark.requirement("PPL-04")
async def test_who_floods_is_not_answered_beyond_a_bound_and_others_are(
    run: StandIn, options: EdgeOptions
) -> None:
    context: zmq.Context[Any] = zmq.Context()
    try:
        async with served(run, options) as edge, client(edge, "eve") as connection:
            run.held = []
            socket = context.socket(zmq.DEALER)
            socket.connect(edge.requests)
            token = session_of(edge, "anna")
            for number in range(400):
                request = {"do": "release", "stages": [f"st-{number}"]}
                socket.send(encode({"id": number, "request": request, "session": token}))
            await until(lambda: edge.counts.too_many >= 350)
            assert len(run.held) == 50
            run.held = None
            assert (await connection.ask({"do": "whoami"}))["name"] == "eve"
    finally:
        context.destroy(linger=0)


async def test_only_topics_that_there_are_are_kept(run: StandIn, options: EdgeOptions) -> None:
    context: zmq.Context[Any] = zmq.Context()
    try:
        async with served(run, options) as edge, client(edge, "eve") as connection:
            socket = context.socket(zmq.SUB)
            socket.connect(edge.streams)
            for number in range(500):
                socket.setsockopt(zmq.SUBSCRIBE, f"nonsense {number}".encode())
            await until(lambda: edge._streams[0].malformed == 500)
            inbox = connection.stream("clock")
            assert (await anext(inbox))[0] == "clock"
    finally:
        context.destroy(linger=0)


async def test_an_inbox_lets_the_oldest_go(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, Connection(run.folder) as connection:
        inbox = connection.stream("ev", most=3)
        for number in range(10):
            inbox.put("ev", number)
        inbox.put("cmd", "of another topic")
        assert [(await anext(inbox))[1] for _ in range(3)] == [7, 8, 9]
        assert (connection.unread, edge.counts.malformed) == (7, 0)


async def test_what_the_edge_does_not_keep_any_more_is_asked_of_the_run(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground.edge.journal_tail.MOST", 10)
    monkeypatch.setattr("ground.edge.news.MOST", 10)
    for _ in range(30):
        run.tell("ev")
    async with served(run, options) as edge, client(edge, "eve") as connection:
        await until(lambda: edge.news.where()[0] == 30)
        for number in (0, 19, 20, 29, 30):
            answer = await connection.ask({"do": "since", "number": number})
            assert [row["n"] for row in answer["entries"]] == list(range(number + 1, 31))
        with pytest.raises(Refused, match=r"no request: since: .*\(cmd\|ev\|"):
            await connection.ask({"do": "since", "topics": ["tm"]})

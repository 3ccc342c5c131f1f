"""What trainers do is told by no way out of the edge to who is none, and whole to who is."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import zmq
import zmq.asyncio

from flight.icd.codec import decode_plain
from ground.api.training import TRAINING_NAMES, for_crew, is_hidden
from ground.client import Connection, MissionControl
from ground.client.frames import STREAM_TOPICS
from ground.edge import EdgeOptions
from tests.ground.edge.serving import script, served
from tests.ground.edge.stand_in import StandIn, until

pytestmark = [pytest.mark.stock, pytest.mark.requirement("CON-12")]
SECRET = "gauge_of_tank_two"


def tell_secrets(run: StandIn) -> int:
    """Of each kind one, and something that everybody is told before the end; how many."""
    run.tell("fault", "injected", fault={"id": SECRET})
    run.tell("fault", "healed", name=SECRET)
    run.tell("fault", "killed", role=SECRET)
    run.tell("fault", "checkpoint", name=SECRET)
    run.tell("fault", "drill_begun", starts=f"when {SECRET} breaks")
    for name in TRAINING_NAMES:
        run.tell("audit", name, request={"do": name, "text": SECRET}, vehicle="")
    run.tell("audit", "stage", request={"vehicle": "rover"})
    return run.tell("fault", "drill_ended")


async def all_streamed(
    address: str, subscribe: bytes, last: int, hears: asyncio.Event, api: Any = None
) -> str:
    """All that a bare subscriber hears up to an entry of the journal; `hears` is set when its
    wishes were taken."""
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.SUB)
    if api is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, api.server.encode())
        socket.setsockopt(zmq.CURVE_PUBLICKEY, api.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, api.secret.encode())
    socket.setsockopt(zmq.SUBSCRIBE, subscribe)
    socket.setsockopt(zmq.SUBSCRIBE, b"clock")
    socket.connect(address)
    heard = ""
    try:
        async with asyncio.timeout(20.0):
            while True:
                topic, data = await socket.recv_multipart()
                message = decode_plain(data)
                hears.set()
                heard += f"{topic.decode()} {message}\n"
                if topic == b"clock" and message["journal_last"] >= last:
                    return heard
    finally:
        context.destroy(linger=0)


@pytest.mark.parametrize("subscribe", [b"", b"fault", b"audit"])
async def test_a_stranger_at_the_streams_hears_that_there_was_something_and_not_what(
    run: StandIn, options: EdgeOptions, subscribe: bytes
) -> None:
    async with served(run, options) as edge:
        await until(lambda: edge.news.clock)
        listening = asyncio.ensure_future(
            all_streamed(edge.streams, subscribe, 7 + len(TRAINING_NAMES), hears := asyncio.Event())
        )
        await hears.wait()
        assert tell_secrets(run) == 7 + len(TRAINING_NAMES)
        heard = await listening
        assert "hidden" in heard
        assert SECRET not in heard and "injected" not in heard and "drill_" not in heard
        assert not any(f"'{name}'" in heard for name in TRAINING_NAMES)


async def test_a_key_of_somebody_who_looks_on_opens_no_more_than_that(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, replace(options, tcp=0)) as edge:
        [file] = [each for each in edge.key_files if "eve" in each.name]
        api = Connection(file).api
        listening = asyncio.ensure_future(
            all_streamed(
                api.streams, b"", 7 + len(TRAINING_NAMES), hears := asyncio.Event(), api
            )
        )
        await hears.wait()
        tell_secrets(run)
        heard = await listening
        assert "hidden" in heard and SECRET not in heard
        async with MissionControl(file) as mc:
            assert SECRET not in str(await mc.ask("since"))


async def entries(mc: MissionControl, last: int, run: StandIn) -> list[Any]:
    """The journal as a script reads it: what was there, and what is told while it reads."""
    found = []
    journal = mc.journal()
    async for entry in journal:
        found.append(entry)
        if entry.n == 1:
            await until(lambda: mc.connection._inboxes)
            tell_secrets(run)
        if entry.n == last:
            break
    await journal.aclose()
    return found


async def test_a_script_reads_of_the_journal_what_its_person_may(
    run: StandIn, options: EdgeOptions
) -> None:
    run.tell("ev", "before")
    last = 8 + len(TRAINING_NAMES)
    async with served(run, options) as edge:
        async with script(edge, "eve") as mc:
            read = await entries(mc, last, run)
            assert [each.n for each in read] == list(range(1, last + 1))
            assert SECRET not in str(read)
            assert read[-1].what == "hidden" and read[-2].what == "stage"
        before = len(run.journal)
        async with script(edge, "anna") as mc:
            journal = mc.journal(since=before)
            reading = asyncio.ensure_future(anext(journal))
            await until(lambda: mc.connection._inboxes)
            run.tell("fault", "injected", fault={"id": SECRET})
            entry = await reading
            assert (entry.n, entry.what, entry.data["fault"]) == (
                before + 1, "injected", {"id": SECRET}
            )  # fmt: skip
            run.tell("ev", "after")
            assert (await anext(journal)).what == "after"
            await journal.aclose()


def test_what_is_hidden_stays_so_however_often_it_is_hidden() -> None:
    secret = {"n": 3, "t": 9, "topic": "fault", "what": "injected", "who": "anna", "vehicle": "",
              "data": {"fault": SECRET}}  # fmt: skip
    once = for_crew([secret])
    assert once == for_crew(once) == [{**secret, "what": "hidden", "who": "", "data": {}}]
    assert is_hidden(once[0]) and secret["data"]


@pytest.mark.parametrize(
    ("topic", "what", "data", "hidden"),
    [
        ("fault", "drill_begun", {"starts": "now"}, True),
        ("fault", "drill_begun", {"starts": "phase descent"}, True),
        ("fault", "drill_ended", {}, True), ("fault", "new", {}, True),
        ("audit", "hidden", {}, True), ("audit", "stage", {}, False),
        ("ev", "injected", {}, False), ("cmd", "kill", {}, False),
        *[("audit", name, {}, True) for name in TRAINING_NAMES],
    ],
)  # fmt: skip
def test_what_is_hidden_and_what_is_not(
    topic: str, what: str, data: dict[str, Any], hidden: bool
) -> None:
    assert is_hidden({"topic": topic, "what": what, "data": data}) is hidden


def test_each_topic_of_the_streams_is_one_that_was_thought_of() -> None:
    """A new one is to be looked at: who hears it is anybody."""
    assert set(STREAM_TOPICS) == {
        "clock", "tm", "cmd", "ev", "alarm", "proc", "pass", "authority", "audit", "custody",
        "stack", "limits", "fault", "people",
    }  # fmt: skip

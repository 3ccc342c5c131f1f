"""What the edge answers is what the API's page and schemas declare, and nothing beside it."""

import json
from typing import Any

import pytest
import zmq
import zmq.asyncio

from flight.icd.codec import decode_plain, encode
from ground.api.at_the_edge import EDGE_REQUEST_TYPES
from ground.api.requests import REQUEST_TYPES
from ground.client.errors import Refused
from ground.edge import EdgeOptions
from ground.edge.gateway import OF_THE_EDGE
from ground.reference.api_page import schemas
from tests.ground.edge.conftest import PASSWORD
from tests.ground.edge.serving import client, served
from tests.ground.edge.stand_in import StandIn, until

pytestmark = pytest.mark.stock


async def test_what_it_answers_by_itself_is_declared_each_with_its_fields(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "ben") as ben:
        for do, kind in EDGE_REQUEST_TYPES.items():
            assert do in OF_THE_EDGE or edge._own.get(do) is not None, do
            with pytest.raises(Refused, match=rf"no request: {do}: .*strange"):
                await ben.ask({"do": do, "strange": 1})
            assert do not in REQUEST_TYPES and kind.__doc__
        assert await ben.ask({"do": "whoami"})  # a logout that is none has ended nothing
        assert {*OF_THE_EDGE, *edge._own.answered} <= {*EDGE_REQUEST_TYPES, *REQUEST_TYPES}


async def test_a_program_that_knows_the_schemas_alone_logs_in_and_stops_the_bench(
    run: StandIn, options: EdgeOptions
) -> None:
    declared = json.loads(schemas())["$defs"]
    run.bench = {"title": "desk", "devices": []}
    async with served(run, options):
        context = zmq.asyncio.Context()
        socket = context.socket(zmq.DEALER)
        socket.connect(json.loads((run.folder / "api.json").read_bytes())["requests"])
        number, session = 0, None

        async def ask(kind: str, **fields: Any) -> Any:
            nonlocal number
            number += 1
            shape = declared[kind]["properties"]
            assert set(fields) < set(shape) and set(declared[kind]["required"]) <= {"do", *fields}
            request = {"do": shape["do"]["enum"][0], **fields}
            await socket.send(encode({"id": number, "request": request, "session": session}))
            answer = decode_plain(await socket.recv())
            assert answer["id"] == number and answer["ok"], answer["refused"]
            return answer["result"]

        try:
            opened = await ask("Login", user="ben", password=f"ben: {PASSWORD}")
            session = opened["session"]
            assert (await ask("WhoAmI"))["name"] == "ben"
            assert await ask("Pace", rate=0.0) == {"pace": 0.0, "until": None}
            assert (await ask("Bench"))["bench"] == run.bench
            await ask("OrderToBench", order="stop")
            await ask("Logout")
        finally:
            context.destroy(linger=0)
    assert [each["order"] for each in run.orders] == ["stop"]


async def test_a_login_is_by_a_password_or_by_a_link(run: StandIn, options: EdgeOptions) -> None:
    both, half = {"user": "ben", "password": "x", "token": "y"}, {"user": "ben"}
    async with served(run, options) as edge, client(edge, "ben") as ben:
        for wrong in (both, half, {}):
            with pytest.raises(Refused, match=r"login: allowed is \{user, password\}, or \{token"):
                await ben.ask({"do": "login", **wrong})
        assert edge.counts.logins_refused == 0  # none was an attempt


@pytest.mark.parametrize("kept", [True, False])
async def test_the_limit_of_a_look_at_the_journal_is_the_same_wherever_it_is_answered(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    if not kept:
        monkeypatch.setattr("ground.edge.journal_tail.MOST", 10)
    for _ in range(1001):
        run.tell("ev")
    async with served(run, options) as edge, client(edge, "ben") as ben:
        await until(lambda: edge.news.where()[0] == 1001)
        for limit in (0, -1, 1001, 10**9):
            with pytest.raises(Refused, match=r"no request: since: .*limit"):
                await ben.ask({"do": "since", "limit": limit})
        for limit in (1, 1000):
            assert len((await ben.ask({"do": "since", "limit": limit}))["entries"]) == limit


async def test_what_is_kept_of_the_journal_is_told_in_as_many_answers_as_it_takes(
    run: StandIn, options: EdgeOptions
) -> None:
    for _ in range(12):
        run.tell("audit", "drill_file", text="x" * 50_000)
    async with served(run, options) as edge, client(edge, "ben") as ben:
        await until(lambda: edge.news.where()[0] == 12)
        first = [row["n"] for row in (await ben.ask({"do": "since"}))["entries"]]
        more = await ben.ask({"do": "since", "number": first[-1]})
        assert [*first, *(row["n"] for row in more["entries"])] == list(range(1, 13))
        assert 1 < len(first) < 12

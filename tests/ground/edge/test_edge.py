"""What people and scripts ask reaches the run once, whatever dies, and in nobody's past."""

import asyncio
from typing import Any

import msgspec
import pytest

from flight.icd.codec import encode
from ground.client import Connection, MissionControl, Refused, Unanswered
from ground.edge import Edge, EdgeOptions
from ground.edge.standing import GOAL, Standing
from tests.ground.edge.conftest import Wall
from tests.ground.edge.serving import client, raw, script, served, session_of
from tests.ground.edge.stand_in import StandIn, until

pytestmark = pytest.mark.stock


@pytest.mark.requirement("PPL-02")
async def test_a_key_that_comes_again_is_done_once(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, client(edge, "anna") as connection:
        request = {"do": "stage", "vehicle": "rover", "command": "drive", "arguments": {}}
        run.held = []
        twice = [asyncio.ensure_future(connection.ask(request, key="the same")) for _ in range(2)]
        await until(lambda: run.held)
        run.held[0]()
        run.held = None
        first, second = await asyncio.gather(*twice)
        third = await connection.ask(request, key="the same")
        assert first == second == third
    assert len(run.acted) == 1


async def test_the_key_of_one_person_is_not_that_of_another(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge:
        for user in ("anna", "ben"):
            async with Connection(run.folder, session=session_of(edge, user)) as connection:
                request = {"do": "stage", "vehicle": "rover", "command": "drive", "arguments": {}}
                await connection.ask(request, key="the same")
    assert [each["user"] for each in run.acted] == ["anna", "ben"]


async def test_an_answer_that_is_slow_is_asked_for_again_and_done_once(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "anna") as connection:
        run.held = []
        asked = asyncio.ensure_future(connection.ask({"do": "release", "stages": ["st-1"]}))
        await until(lambda: connection.asked_again and edge.counts.asked_again)
        run.held[0]()
        run.held = None
        await asked
    assert len(run.acted) == 1


# ------------------------------------------------------------- away and back


@pytest.mark.requirement("PPL-02")
async def test_a_run_that_is_killed_is_told_of_and_nothing_is_sent_twice(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "anna") as connection:
        clocks = connection.stream("clock")
        run.held = []  # it acts, and dies before it answers
        asked = asyncio.ensure_future(
            connection.ask({"do": "release", "stages": ["st-1"]}, key="k1")
        )
        await until(lambda: run.held)
        run.kill()
        async for _, clock in clocks:
            if not clock["link"]["up"]:
                break
        assert clock["link"]["why"] == "the run does not answer"
        assert clock["link"]["since"].endswith("Z")
        run.held = None
        run.start()
        with pytest.raises(Unanswered, match="whether it was taken nobody knows") as lost:
            await asked
        assert lost.value.key == "k1"
        before = clock["link"]["life"]
        async for _, clock in clocks:
            if clock["link"]["up"]:
                break
        assert clock["link"]["life"] != before
        again = await connection.ask({"do": "release", "stages": ["st-1"]}, key="k1")
        assert again == {"identifiers": ["mc-1"]}
    assert len(run.acted) == 1


async def test_an_ended_run_says_how_it_ended(run: StandIn, options: EdgeOptions) -> None:
    run.start()
    async with Edge(run.folder, options) as edge:
        await until(lambda: edge.link.state.up)
        run.end("success")
        await until(lambda: "ended" in edge.link.state.why)
        assert edge.link.state.why == "the run is ended: success"


async def test_what_is_changed_while_a_run_flies_back_would_be_in_its_past(
    run: StandIn, options: EdgeOptions
) -> None:
    """It was done there, and what had been recorded after it came out otherwise."""
    async with served(run, options) as edge:
        goal = edge.state / GOAL
        goal.write_bytes(msgspec.json.encode(Standing(10**15, 50.0)))
        async with client(edge, "anna") as connection:
            with pytest.raises(Unanswered, match="flies again to where it was"):
                await connection.ask({"do": "authority_take", "vehicle": "rover"}, key="k")
            with pytest.raises(Unanswered, match="flies again to where it was"):
                await connection.ask({"do": "pace", "rate": 0.0})
            assert (await connection.ask({"do": "hello"}))["you"]["name"] == "anna"
            assert run.acted == []
            goal.unlink()
            await connection.ask({"do": "authority_take", "vehicle": "rover"}, key="k")
    assert len(run.acted) == 1


@pytest.mark.parametrize("do", [[1], {}, None, 3])
async def test_a_request_whose_kind_is_no_text_is_answered(
    run: StandIn, options: EdgeOptions, do: Any
) -> None:
    async with served(run, options) as edge:
        told = await raw(edge, encode({"id": 7, "session": None, "request": {"do": do}}))
        assert (told["id"], told["ok"]) == (7, False) and "no key do" in told["refused"]


async def test_what_is_no_request_is_answered_under_its_number(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge:
        told = await raw(edge, encode({"id": 8, "session": None, "request": 5}))
        assert (told["id"], told["ok"]) == (8, False)


async def test_what_is_asked_while_nobody_answers_says_so(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground.edge.run_link.SILENT", 0.1)
    async with Edge(run.folder, options) as edge:
        (run.folder / "run.json").write_text('{"state": "running"}')
        edge._announce()
        async with Connection(run.folder, session=session_of(edge, "anna")) as connection:
            with pytest.raises(Unanswered, match=r"has not answered yet|the run is running"):
                await connection.ask({"do": "hello"})


@pytest.mark.requirement("PPL-02")
async def test_an_edge_that_comes_back_elsewhere_is_found_and_nothing_is_done_twice(
    run: StandIn, options: EdgeOptions
) -> None:
    run.start()
    edge = Edge(run.folder, options)
    await edge.__aenter__()
    await until(lambda: edge.link.state.up)
    token = session_of(edge, "anna")
    async with Connection(run.folder, session=token) as connection:
        run.held = []
        asked = asyncio.ensure_future(
            connection.ask({"do": "release", "stages": ["st-1"]}, key="k1")
        )
        await until(lambda: run.held)
        await edge.__aexit__()  # the answer of the run finds nobody
        run.held = None
        async with Edge(run.folder, options) as second:
            await until(lambda: second.link.state.up)
            assert await asked == {"identifiers": ["mc-1"]}
    run.kill()
    assert len(run.acted) == 1


# ------------------------------------------------------------------ approvals


@pytest.mark.requirement("PPL-06")
async def test_an_approval_is_over_after_half_an_hour_of_people_s_time(
    run: StandIn, options: EdgeOptions, wall: Wall
) -> None:
    async with served(run, options) as edge, script(edge, "ben") as mc:
        await mc.approve("st-7", "ab" * 32)
        await until(lambda: edge._approvals._given)
        wall.seconds += 1799.0
        assert edge._approvals.over() == {}
        wall.seconds += 1.0
        await until(lambda: edge.counts.expired)
    expired = run.acted[-1]
    assert expired["request"] == {"do": "expire", "stage": "st-7"}
    assert (expired["user"], expired["session"]) == ("edge", "edge")
    assert [each["request"]["do"] for each in run.acted] == ["approve", "expire"]


@pytest.mark.requirement("PPL-06")
async def test_an_approval_keeps_its_hour_over_a_restart_and_one_of_no_hour_is_over(
    run: StandIn, options: EdgeOptions, wall: Wall
) -> None:
    async with served(run, options) as edge, script(edge, "ben") as mc:
        await mc.approve("st-7", "ab" * 32)
        await until(lambda: edge._approvals._given)
    run.tell("stack", "approved", stage="st-8", state="approved", hash="cd" * 32)
    run.tell("stack", "approved", stage="st-9", state="approved", hash="ef" * 32)
    run.tell("stack", "released", stage="st-9", state="released")
    wall.seconds += 1000.0
    async with served(run, options) as edge:
        await until(lambda: edge.counts.expired)
        assert list(edge._approvals._given) == ["st-7"]
        wall.seconds += 800.0
        await until(lambda: edge.counts.expired == 2)
    asked = [each["request"]["stage"] for each in run.acted if each["user"] == "edge"]
    assert asked == ["st-8", "st-7"]


async def test_nobody_else_lets_an_approval_expire(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, client(edge, "ben") as connection:
        with pytest.raises(Refused, match="expire by themselves"):
            await connection.ask({"do": "expire", "stage": "st-1"})
    assert run.acted == []


# ----------------------------------------------------------------------- pace


async def test_who_only_looks_on_does_not_change_the_pace(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, script(edge, "eve") as mc:
        with pytest.raises(Refused, match="eve looks on only"):
            await mc.pace(10.0)
        assert run.pace == 50.0
        async with MissionControl(run.folder, session=session_of(edge, "anna")) as mc:
            assert (await mc.pace(None, "pass")) == {"pace": None, "until": 1000.0}
            with pytest.raises(Refused, match="allowed is seconds of mission time, or pass"):
                await mc.pace(1.0, "verdict")
            with pytest.raises(Refused, match="Expected"):
                await mc.ask("pace", rate="fast")
        assert run.pace is None

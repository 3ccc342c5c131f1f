"""Roles that an admin gives in a run are good at the edge; nobody gives them to strangers."""

from typing import Any

import pytest

from ground.api.requests import REQUEST_TYPES, people_named
from ground.client import Refused
from ground.edge import EdgeOptions
from tests.ground.edge.serving import client, script, served
from tests.ground.edge.stand_in import StandIn, until

pytestmark = pytest.mark.stock


async def test_a_role_that_was_given_or_taken_in_the_run_counts_at_once(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "eve") as eve, client(edge, "ben") as ben:
        with pytest.raises(Refused, match="eve looks on only"):
            await eve.ask({"do": "pace", "rate": 1.0})
        run.roles = {"eve": ["observer", "operator"], "ben": ["observer"]}
        await eve.ask({"do": "pace", "rate": 7.0})
        assert run.pace == 7.0
        with pytest.raises(Refused, match="ben looks on only"):
            await ben.ask({"do": "pace", "rate": 1.0})
        assert run.pace == 7.0
        whoami = await eve.ask({"do": "whoami"})
        assert whoami == {"name": "eve", "roles": ["observer", "operator"]}


async def test_the_pace_may_go_to_what_is_to_be_heard(run: StandIn, options: EdgeOptions) -> None:
    async with served(run, options) as edge, script(edge, "anna") as mc:
        await mc.pace(None, told={"vehicle": "rover", "event": "arrived"})
        assert run.told == {"vehicle": "rover", "event": "arrived"}
        await mc.pace(None)
        assert run.told is None
        with pytest.raises(Refused, match="no request: pace"):
            await mc.ask("pace", rate=None, told="arrived")


async def test_while_mission_control_is_down_the_roles_that_it_told_last_count(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "ben") as ben:
        run.roles = {"ben": ["observer"]}
        assert (await ben.ask({"do": "whoami"}))["roles"] == ["observer"]
        run.refuses = {"hello": "mission control is down"}
        with pytest.raises(Refused, match="ben looks on only"):
            await ben.ask({"do": "pace", "rate": 1.0})
        edge._own.forget()  # another life of the run: nothing was told of this one
        await ben.ask({"do": "pace", "rate": 3.0})
        assert run.pace == 3.0


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "roles_set", "user": "zoe", "roles": ["admin"]},
        {"do": "authority_offer", "vehicle": "rover", "to": "zoe"},
        {"do": "alarm_own", "number": 1, "owner": "zoe"},
    ],
)
async def test_nobody_is_named_whom_nobody_knows(
    run: StandIn, options: EdgeOptions, request_: dict[str, Any]
) -> None:
    [(field, _)] = people_named(request_)
    async with served(run, options) as edge, client(edge, "ben") as ben:
        with pytest.raises(Refused, match=f"{field} = 'zoe': nobody here is called so; there are"):
            await ben.ask(request_)
        assert run.acted == []
        await ben.ask({**request_, field: "anna"})
        assert len(run.acted) == 1


async def test_the_history_of_somebody_who_is_nobody_is_refused_and_not_empty(
    run: StandIn, options: EdgeOptions
) -> None:
    nobody = "user = 'zoe': nobody here is called so; there are"
    run.reads["history"] = {"commands": []}
    async with served(run, options) as edge, script(edge, "anna") as mc:
        with pytest.raises(Refused, match=nobody):
            await mc.history(user="zoe")
        assert (await mc.history(user="ben"))["commands"] == []  # he did nothing
        assert (await mc.history(user="zoe", before="mc-1"))["commands"] == []  # from there on back
        run.reads["history"] = {"commands": [{"user": "zoe"}]}  # she is here no more
        assert (await mc.history(user="zoe"))["commands"] == [{"user": "zoe"}]


def test_each_request_that_has_a_person_in_it_says_so() -> None:
    found = {do for do in REQUEST_TYPES if people_named(dict.fromkeys(FIELDS, "zoe") | {"do": do})}
    assert found == {"roles_set", "authority_offer", "alarm_own"}
    assert people_named({"do": "roles_set", "user": 7}) == []
    assert people_named({"do": ["roles_set"], "user": "zoe"}) == []
    assert people_named("roles_set") == []


FIELDS = ("user", "to", "owner")


@pytest.mark.requirement("HIL-10")
async def test_whoever_looks_on_may_stop_what_is_real_and_does_no_more(
    run: StandIn, options: EdgeOptions
) -> None:
    run.bench = {"title": "desk", "devices": []}
    async with (
        served(run, options) as edge, client(edge, "eve") as eve, client(edge, "ben") as ben,
        client(edge, "anna") as anna,
    ):  # fmt: skip
        assert await eve.ask({"do": "bench"}) == {"bench": run.bench}
        for order in ("stop", "safe"):
            await eve.ask({"do": "bench_order", "order": order})
        for order in ("arm", "release", "inject", "heal", "swap"):
            words = f"to {order} needs the role conductor; eve has observer"
            with pytest.raises(Refused, match=words):
                await eve.ask({"do": "bench_order", "order": order})
            words = f"to {order} needs the role conductor; anna has operator, trainer"
            with pytest.raises(Refused, match=words):  # who takes part, and conducts no test
                await anna.ask({"do": "bench_order", "order": order})
        await ben.ask(
            {"do": "bench_order", "order": "arm", "service": "rover.wheels", "seconds": 60.0}
        )
        await ben.ask(
            {"do": "bench_order", "order": "inject", "service": "rover.wheels", "kind": "delay",
             "figure": 0.5}
        )  # fmt: skip
        assert [(each["order"], each["who"], each["seconds"]) for each in run.orders] == [
            ("stop", "eve", None), ("safe", "eve", None), ("arm", "ben", 60.0),
            ("inject", "ben", None),
        ]  # fmt: skip
        assert (run.orders[-1]["kind"], run.orders[-1]["figure"]) == ("delay", 0.5)
        for wrong in ({"order": "fire"}, {"order": "arm", "seconds": -1.0}, {}):
            with pytest.raises(Refused, match="no request: bench_order"):
                await ben.ask({"do": "bench_order", **wrong})
        run.bench = None
        assert await eve.ask({"do": "bench"}) == {"bench": None}
        with pytest.raises(Refused, match="nothing is real"):
            await ben.ask({"do": "bench_order", "order": "stop"})


async def test_what_trainers_did_is_said_to_others_without_what_it_was(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "eve") as eve, client(edge, "ben") as ben:
        run.roles = {"eve": ["observer", "trainer"], "ben": ["director"]}
        run.tell("fault", "injected", fault={"id": "gauge"})
        run.tell("audit", "fault_inject", request={"fault": {"id": "gauge"}})
        run.tell("audit", "stage", request={"vehicle": "rover"})
        await until(lambda: edge._own.tail.known >= 3)
        told = [(await each.ask({"do": "since"}))["entries"] for each in (eve, ben)]
        assert [entry["what"] for entry in told[0]] == ["injected", "fault_inject", "stage"]
        assert [entry["what"] for entry in told[1]] == ["hidden", "hidden", "stage"]
        assert [entry["n"] for entry in told[1]] == [1, 2, 3]
        assert "gauge" not in str(told[1]) and "rover" in str(told[1])

"""Previews at the edge: what is flown on a twin, what is refused, and that the run never hears of
it."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ground.client import Refused
from ground.edge import EdgeOptions, twin
from ground.mission_control import origin_of
from tests.ground.edge.serving import client, served
from tests.ground.edge.stand_in import StandIn, until

pytestmark = [pytest.mark.stock, pytest.mark.processes]

DRIVE = {"vehicle": "rover", "command": "drive", "arguments": {"distance": 3.0}}
STAGED = {
    "stage": "st-1", "version": 2, **DRIVE, "state": "ready", "lifetime": 600.0, "problems": [],
    "when": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_real_twin(monkeypatch: pytest.MonkeyPatch, run: StandIn) -> None:
    monkeypatch.setattr(twin, "PROGRAM", "tests.ground.edge.twin_stand_in")
    monkeypatch.setattr(twin, "WARMING", 60.0)  # a busy machine takes a while to start a process
    monkeypatch.setattr(twin, "PATIENCE", 60.0)
    run.reads |= {
        "snapshot": {"stack": [
            STAGED, {**STAGED, "stage": "st-2", "state": "released"},
            {**STAGED, "stage": "st-3", "when": "rover.mode == 'idle'"},
        ]},
        "dry_run": {"problems": ["no pass is predicted"]},
        "values": {"values": [
            ["rover", "mode", "idle", 0, 0, "OK"], ["rover", "t", 1, 0, 0, "OK"],
        ]},
        "custody": {"tubes": [{"id": "T1", "place": "depot"}]},
    }  # fmt: skip


def orders(run: StandIn) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.folder / "orders.jsonl").read_text().splitlines()]


def say(run: StandIn, **told: Any) -> None:
    """A twin may look at any instant: it sees the old words or the new ones."""
    new = run.folder / "says.new"
    new.write_text(json.dumps(told))
    new.replace(run.folder / "says.json")


@pytest.mark.requirement("CON-10")
async def test_what_is_staged_is_flown_on_a_twin_that_knows_what_was_told(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "anna") as anna:
        warmed = await anna.ask({"do": "preview"})
        assert warmed == {"at_ns": 10**9, "differs": ""}
        told = await anna.ask({"do": "preview", "stages": ["st-1"]})
        [item] = told["items"]
        assert (item["stage"], item["version"], item["arguments"]) == ("st-1", 2, {"distance": 3.0})
        assert len(told["assumes"]) == 5
        again = await anna.ask({"do": "preview", "stages": ["st-1"]})
        assert again["hash"] == told["hash"]
        run.reads["snapshot"]["stack"][0] = {**STAGED, "version": 3}
        changed = await anna.ask({"do": "preview", "stages": ["st-1"]})
        assert changed["hash"] != told["hash"]
        one = await anna.ask({"do": "preview", "commands": [DRIVE]})
        assert one["items"][0]["problems"] == ["no pass is predicted"]
        terms = {"when": "rover.charge > 0.5", "not_after": 7, "unit": False}
        late = await anna.ask({"do": "preview", "commands": [{**DRIVE, **terms}]})
        assert terms.items() <= late["items"][0].items()
        assert late["hash"] != one["hash"]
        staged = await anna.ask({"do": "preview", "stages": ["st-3"]})
        assert staged["items"][0]["when"] == "rover.mode == 'idle'"
    assert run.acted == []  # nothing became an input of the run
    compared = [order for order in orders(run) if order["do"] == "follow" and order["rows"]]
    assert compared[0]["rows"] == [["rover", "mode", "idle", 0, 0, "OK"]]
    assert compared[0]["tubes"] == {"T1": "depot"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"stages": ["st-9"]}, "st-9 is not staged: allowed is one of st-1"),
        ({"stages": ["st-2"]}, "st-2 is not staged"),
        ({"stages": ["1"]}, "no request: preview"),
        ({"stages": ["st-1"] * 21}, "no request: preview"),
        ({"commands": [{"vehicle": "rover"}]}, "no request: preview"),
    ],
)
async def test_what_no_twin_can_fly_is_refused(
    run: StandIn, options: EdgeOptions, words: dict[str, Any], sentence: str
) -> None:
    async with served(run, options) as edge, client(edge, "anna") as anna:
        with pytest.raises(Refused, match=sentence):
            await anna.ask({"do": "preview", **words})
    assert not (run.folder / "orders.jsonl").exists()


async def test_who_looks_on_flies_nothing_and_where_it_is_off_nobody_does(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "eve") as eve:
        with pytest.raises(Refused, match="eve looks on only"):
            await eve.ask({"do": "preview", "stages": ["st-1"]})
    async with served(run, replace(options, previews=False)) as edge, client(edge, "anna") as anna:
        with pytest.raises(Refused, match="switched off"):
            await anna.ask({"do": "preview"})
    assert not (run.folder / "orders.jsonl").exists()


async def test_a_twin_on_its_way_says_how_far_it_is(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin, "WARMING", 0.3)
    say_far = {"at_ns": 5 * 10**8, "differs": ""}
    async with served(run, options) as edge, client(edge, "anna") as anna:
        say(run, follow=say_far)
        for _ in range(100):
            told = await anna.ask({"do": "preview", "stages": ["st-1"]})
            if told["warming"]["at_ns"]:
                break
        assert told == {"warming": {"at_ns": 5 * 10**8, "now_ns": 10**9}}
        say(run)
        for _ in range(100):
            told = await anna.ask({"do": "preview", "stages": ["st-1"]})
            if "items" in told:
                break
        assert told["items"]


async def test_two_who_ask_first_have_one_twin(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    start = asyncio.create_subprocess_exec

    async def counted(*words: Any, **more: Any) -> Any:
        started.append(words)
        return await start(*words, **more)

    monkeypatch.setattr(twin.asyncio, "create_subprocess_exec", counted)
    async with served(run, options) as edge, client(edge, "anna") as anna:
        asked = {"do": "preview", "stages": ["st-1"]}
        told = await asyncio.gather(*(anna.ask(asked) for _ in range(3)))
        assert all(each["items"] for each in told) and len(started) == 1


async def test_a_twin_that_nobody_uses_ends_and_another_begins_at_the_beginning(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for it uses it, however long it takes: it ends when nobody does any more."""
    monkeypatch.setattr(twin, "FOLLOWS", 0.01)
    async with served(run, options) as edge, client(edge, "anna") as anna:
        monkeypatch.setattr(twin, "IDLE", 0.0)
        assert (await anna.ask({"do": "preview", "stages": ["st-1"]}))["items"]
        process = edge._twin._process
        assert process is not None
        await until(lambda: process.returncode is not None, "it ends")
        assert edge._twin._at_ns == 0 and edge._twin._process is None
        monkeypatch.setattr(twin, "IDLE", 600.0)
        assert (await anna.ask({"do": "preview", "stages": ["st-1"]}))["items"]
    assert [order["do"] for order in orders(run)].count("preview") == 2


async def test_a_twin_that_differs_or_dies_is_told_and_another_life_has_another(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "anna") as anna:
        say(run, preview={"ok": False, "refused": "the twin parted at noon"})
        with pytest.raises(Refused, match="the twin parted at noon"):
            await anna.ask({"do": "preview", "stages": ["st-1"]})
        say(run, preview=None)
        with pytest.raises(Refused, match="there is no twin: it has ended"):
            await anna.ask({"do": "preview", "stages": ["st-1"]})
        say(run)
        assert (await anna.ask({"do": "preview", "stages": ["st-1"]}))["items"]
        process = edge._twin._process
        assert process is not None
        run.kill()
        run.start()
        await until(lambda: process.returncode is not None, "the twin of the life before ends")
        await until(lambda: edge.link.state.up, "the run is there again")
        assert (await anna.ask({"do": "preview", "stages": ["st-1"]}))["items"]
        last, home = edge._twin._process, edge._twin._home
    assert last is not None and home is not None
    await asyncio.wait_for(last.wait(), 30)  # it ends with the edge
    assert not home.path.exists()


DIFFERS = {"ok": False, "refused": "the twin differs since noon", "differs": True}


async def test_where_a_twin_differs_others_are_tried_by_another_chance(
    run: StandIn, options: EdgeOptions
) -> None:
    say(run, **{"preview 1": DIFFERS, "preview 2": DIFFERS})
    async with served(run, options) as edge, client(edge, "anna") as anna:
        assert (await anna.ask({"do": "preview", "stages": ["st-1"]}))["items"]
        flown = [each for each in orders(run) if each["do"] == "preview"]
        assert [(each["chance"], each["at_last"]) for each in flown] == [
            (1, False), (2, False), (3, False)
        ]  # fmt: skip
        assert (await anna.ask({"do": "preview", "stages": ["st-1"]}))["items"]
        assert [each["chance"] for each in orders(run)][-1] == 3  # it is kept


async def test_where_all_differ_that_is_told_and_they_are_not_all_tried_again_at_once(
    run: StandIn, options: EdgeOptions
) -> None:
    say(run, preview=DIFFERS)
    async with served(run, options) as edge, client(edge, "anna") as anna:
        for tried in ([1, 2, 3, 4], [1, 2, 3, 4, 4]):
            with pytest.raises(Refused, match="the twin differs since noon"):
                await anna.ask({"do": "preview", "stages": ["st-1"]})
            flown = [each for each in orders(run) if each["do"] == "preview"]
            assert [each["chance"] for each in flown] == tried
            assert flown[-1]["at_last"]
        assert len({each["chance"] for each in flown}) == twin.CHANCES


async def test_one_that_took_long_to_warm_up_is_the_last(
    run: StandIn, options: EdgeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin, "LONG", 0.0)
    say(run, preview=DIFFERS)
    async with served(run, options) as edge, client(edge, "anna") as anna:
        with pytest.raises(Refused, match="the twin differs since noon"):
            await anna.ask({"do": "preview", "stages": ["st-1"]})
    [flown] = [each for each in orders(run) if each["do"] == "preview"]
    assert (flown["chance"], flown["at_last"]) == (1, True)


async def test_a_twin_is_told_of_steps_and_of_what_people_heard_and_of_each_once(
    run: StandIn, options: EdgeOptions
) -> None:
    def entry(n: int, topic: str, what: str, **data: Any) -> dict[str, Any]:
        return {"n": n, "t": n, "topic": topic, "what": what, "who": "", "vehicle": "",
                "data": data}  # fmt: skip

    journal = [
        entry(1, "proc", "step", procedure="mission", position=4),
        entry(2, "proc", "step", procedure="another", position=9),
        entry(3, "cmd", "issued", identifier="mc-1", origin=origin_of("anna")),
        entry(4, "cmd", "issued", identifier="mc-2", origin="procedure"),
        entry(5, "cmd", "ended", identifier="mc-2"),
        entry(6, "cmd", "ended", identifier="mc-1"),
        entry(7, "proc", "paused", procedure="mission"),
    ]
    edge_twin = twin.Twin(Path(), Path(), _Link(journal), None, True)  # type: ignore[arg-type]
    assert await edge_twin._known("anna") == {"steps": [[1, 4]], "ends": [6]}
    journal.append(entry(8, "proc", "step", procedure="mission", position=5))
    assert await edge_twin._known("anna") == {"steps": [[8, 5]], "ends": []}


class _Link:
    def __init__(self, journal: list[dict[str, Any]]) -> None:
        self._journal = journal

    async def ask(self, user: str, session: str, key: str, request: dict[str, Any]) -> Any:
        assert request["do"] == "since" and request["topics"] == ["proc", "cmd"]
        after = [each for each in self._journal if each["n"] > request["number"]]
        return {"ok": True, "result": {"entries": after[:3]}}

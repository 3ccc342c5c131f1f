"""On the tutorial's way a preview tells what would become of a command, whenever it is asked."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.api.reads import Preview, PreviewedCommand
from ground.edge import twin
from ground.mission_control import MissionClock
from ground.missions.mission import load_mission
from ground.testbed.operating.asking import Ask
from tests.ground.testbed.operating.operated import Act, Crew, asks, enough, fly, until

pytestmark = [pytest.mark.stock, pytest.mark.processes, pytest.mark.mission, pytest.mark.check]

TUBE = "M2020-00495-12"
DRIVE = {"vehicle": "rover", "command": "drive_to", "arguments": {"east": 60.0, "north": 30.0}}
FETCH = {"vehicle": "rover", "command": "fetch_tubes", "arguments": {"tubes": [TUBE]}}
HOURS = ((9, 22), (10, 8), (10, 20), (11, 8), (12, 8))
"""Sol and hour at which both commands are previewed."""


class Told:
    """What the ground knew at those instants."""

    def __init__(self) -> None:
        self.values: list[tuple[int, Any, Any]] = []

    def look(self, crew: Crew) -> None:
        got: list[Any] = []
        for do in ("values", "custody"):
            crew.asking.ask(Ask("eve", {"do": do}, session="eve"), got.append)
        self.values.append((crew.loop.time_ns(), *got))


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    out, told = tmp_path_factory.mktemp("tutorial") / "run", Told()
    zero = MissionClock(load_mission("surface").epoch_jd_tt).sols_at_zero

    def at(sol: int, hour: float) -> float:
        return (sol + hour / 24.0 - zero) * SOL_SECONDS

    def anna(do: str, **fields: Any) -> Act:
        return asks("anna", do, **fields)

    does: dict[float, list[Act]] = {
        at(9, 12): [anna("procedure_pause", name="mission")],
        at(10, 8): [anna("authority_take", vehicle="rover"), anna("stage", **DRIVE),
                    anna("release", stages=["st-1"])],
        at(11, 8): [anna("stage", **FETCH), anna("release", stages=["st-2"])],
    }  # fmt: skip
    looks = {at(*hour) for hour in HOURS}
    acts: list[Act] = []
    for time in sorted({*does, *looks}):
        acts.append(until(time))
        acts += [told.look] if time in looks else []
        acts += does.get(time, [])
    fly(out, crew := Crew(*acts, enough))
    assert all(answer["ok"] for answer in crew.answers)
    return out, told


class Link:
    """The run as it was at an instant of its flight."""

    def __init__(self, folder: Path) -> None:
        self.state = SimpleNamespace(up=True, why="")
        self.now_ns = 0
        self.values: Any = None
        self.custody: Any = None
        with closing(sqlite3.connect(folder / "ground" / "archive.sqlite")) as archive:
            self._journal = [
                {"n": n, "t": t, "topic": topic, "what": what, "data": json.loads(data)}
                for n, t, topic, what, data in archive.execute(
                    "SELECT number, time_ns, topic, what, data FROM journal ORDER BY number"
                )
            ]

    def resuming(self) -> bool:
        return False

    async def ask(self, user: str, session: str, key: str, request: dict[str, Any]) -> Any:
        if request["do"] == "values":
            return self.values
        if request["do"] == "custody":
            return self.custody
        if request["do"] == "dry_run":
            return {"ok": True, "result": {"problems": []}}
        found = [
            each for each in self._journal
            if each["n"] > request["number"] and each["t"] <= self.now_ns
            and each["topic"] in request["topics"]
        ]  # fmt: skip
        return {"ok": True, "result": {"entries": found[: request["limit"]]}}


async def previewed(edge_twin: twin.Twin, command: dict[str, Any]) -> dict[str, Any]:
    asked = Preview(commands=(PreviewedCommand(**command),))
    for _ in range(100):
        answer = await edge_twin.preview("anna", asked)
        if not answer["ok"] or "items" in answer["result"]:
            return answer
    raise AssertionError("it is never warm")


@pytest.mark.requirement("CON-13")
async def test_nine_of_ten_previews_on_the_tutorial_s_way_are_flown(
    flown: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = flown
    twins: list[Any] = []
    start = asyncio.create_subprocess_exec

    async def kept(*words: Any, **more: Any) -> Any:
        twins.append(await start(*words, **more))
        return twins[-1]

    monkeypatch.setattr(twin.asyncio, "create_subprocess_exec", kept)
    link, news = Link(folder), SimpleNamespace(clock={"time_ns": 0})
    edge_twin = twin.Twin(folder, tmp_path, link, news, True)  # type: ignore[arg-type]
    answers = []
    try:
        for link.now_ns, link.values, link.custody in told.values:
            news.clock["time_ns"] = link.now_ns
            for command in (DRIVE, FETCH):
                answers.append(await previewed(edge_twin, command))
        refused = [answer["refused"] for answer in answers if not answer["ok"]]
        assert len(refused) <= len(answers) // 10, refused
        results = [answer["result"] for answer in answers if answer["ok"]]
        assert all(each["ended_by"] == "over" for each in results)
        statuses = {each["items"][0]["status"] for each in results}
        assert statuses == {"COMPLETED", "REJECTED"}  # a rover that is stowed drives nowhere
        # a rover that is in another mode than anything that a twin has told
        rows = link.values["result"]["values"]
        safe = [[*row[:2], "safe", *row[3:]] if row[:2] == ["rover", "mode"] else row
                for row in rows]  # fmt: skip
        link.values = {"ok": True, "result": {"values": safe}}
        no = await previewed(edge_twin, DRIVE)
        assert not no["ok"] and "rover.mode is safe, and the twin says" in no["refused"]
        lander = await previewed(
            edge_twin, {"vehicle": "lander", "command": "report_status", "arguments": {}}
        )
        assert lander["ok"] and any("rover.mode is safe" in each
                                    for each in lander["result"]["cautions"])  # fmt: skip
    finally:
        edge_twin.forget()
        for each in twins:
            await each.wait()

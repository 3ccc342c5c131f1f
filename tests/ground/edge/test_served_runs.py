"""Runs that fly, served to people in processes of their own: also when some of these are killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ground.client import MissionControl, NeedsApproval, NotServed, Refused, find_api
from ground.missions.run_folder import holder_of
from ground.testbed.operating.run_control import ControlRefused, RunControl
from tests.ground.testbed.test_run import small_mission

pytestmark = [pytest.mark.stock, pytest.mark.processes]

CLI = [sys.executable, "-m", "ground.cli"]
MORNING = 800_000.0  # s of mission time: a morning on which the rover works


@contextmanager
def process(*words: str, code: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A process of `msr`, ended at the end; `code`: what it is to end with."""
    started = subprocess.Popen(
        [*CLI, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        yield started
        if code is not None:
            assert started.wait(150) == code
    finally:
        started.terminate()
        started.wait(30)
        assert started.stdout is not None
        started.stdout.close()


async def soon(true: Callable[[], Any], what: str) -> Any:
    for _ in range(6000):
        found = true()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"it has not come: {what}")


@asynccontextmanager
async def asking(folder: Path, user: str) -> AsyncIterator[MissionControl]:
    """A script of somebody who has a saved session here, as soon as the run answers."""

    def saved() -> MissionControl | None:
        try:
            return MissionControl(folder, user=user, patience=60.0)
        except (NotServed, Refused):
            return None

    async with await soon(saved, f"a session of {user}") as mc:
        async for clock in mc.clock():
            if clock["link"]["up"]:
                break
        yield mc


def serves(folder: Path) -> tuple[str, ...]:
    return ("control", str(folder), "--demo", "--json")


def hash_of(folder: Path) -> str:
    return str(summary(folder)["log_sha256"])


@pytest.mark.requirement("PPL-02")
async def test_what_was_asked_is_not_done_twice_when_the_edge_is_killed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    fly = ("fly", "surface", "--pace", "0", "--out", str(out), "--quiet", "--no-pictures")
    with process(*fly):
        with process(*serves(out)) as edge:
            async with asking(out, "anna") as mc:
                hello = await mc.hello()
                assert hello["you"] == {"name": "anna", "roles": ["operator", "trainer"]}
                await mc.take("lander")
                stage = {"vehicle": "lander", "command": "condition_mav", "arguments": {"on": True}}
                staged = await mc.ask("stage", key="k1", **stage)
                edge.kill()
                edge.wait()
                with process(*serves(out)):
                    assert await mc.ask("stage", key="k1", **stage) == staged
                    sent = await mc.release(staged["stage"], key="k2")
                    assert await mc.release(staged["stage"], key="k2") == sent
                    stack = (await mc.snapshot("stack"))["stack"]
                    assert [item["identifiers"] for item in stack] == [sent["identifiers"]]
                    again = MissionControl(out, user="eve")
                    async with again as eve:
                        with pytest.raises(Refused, match="needs the role operator"):
                            await eve.stage("lander", "condition_mav", {"on": True})
        with RunControl(out) as control:
            assert control.look()["inputs"] == 4  # take, stage, release, and what eve tried


@pytest.mark.mission
@pytest.mark.check
async def test_a_session_of_two_people_flies_again_bit_for_bit(tmp_path: Path) -> None:
    """With a death of mission control, one of a rover, pauses, and a refused approval."""
    out = tmp_path / "run"
    quiet = ("--quiet", "--no-pictures")
    flies = ("fly", "surface", "--pace", "0", "--out", str(out), *quiet)
    with process(*serves(out)), process(*flies, code=0):
        async with operated(out) as (anna, ben):
            await anna.pace(None, MORNING)
            async for clock in anna.clock():
                if clock["time_ns"] == MORNING * 1e9 and clock["pace"] == 0.0:
                    break
            for vehicle in ("lander", "rover", "mav"):
                await anna.take(vehicle)
            await anna.send("lander", "condition_mav", {"on": True}, key="heat")
            await anna.send("lander", "condition_mav", {"on": True}, key="heat")
            await anna.ask("kill", role="rover")
            with pytest.raises(NeedsApproval) as waits:
                await anna.send("mav", "decommission", note="to be seen")
            with pytest.raises(Refused, match=r"somebody else|role director"):
                await anna.approve(waits.value.stage, waits.value.hash)
            await ben.approve(waits.value.stage, waits.value.hash, "read")
            await anna.unstage(waits.value.stage)
            await anna.pace(1e6)
            await anna.ask("kill", role="ground")
            await anna.pace(None)
    with process("fly", "--from", str(out), "--out", str(tmp_path / "again"), *quiet, code=0):
        pass
    assert hash_of(out) == hash_of(tmp_path / "again")
    users = {json.loads(line)["input"]["user"] for line in lines(out)[1:]}
    assert users == {"anna", "ben"}


@asynccontextmanager
async def operated(out: Path) -> AsyncIterator[tuple[MissionControl, MissionControl]]:
    async with asking(out, "anna") as anna, asking(out, "ben") as ben:
        yield anna, ben


def lines(folder: Path) -> list[str]:
    return (folder / "session.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.check
async def test_a_demo_that_is_killed_flies_to_where_it_was_and_ends_in_order(
    tmp_path: Path,
) -> None:
    out = tmp_path / "run"
    words = ("console", "--demo", "surface", "--out", str(out), "--no-web", "--pace", "0")
    with process(*words) as console:
        assert console.stdout is not None
        assert str(out) in await asyncio.to_thread(console.stdout.readline)
        async with asking(out, "anna") as mc:
            await mc.take("lander")
            await mc.send("lander", "condition_mav", {"on": True}, key="heat")
            await mc.pace(None, 5000.0)
            async for clock in mc.clock():
                if clock["time_ns"] == 5_000_000_000_000 and clock["pace"] == 0.0:
                    break
            for _ in range(3):  # who stood by is killed as well, and has one that stands by
                os.kill(holder_of(out), signal.SIGKILL)
                life = clock["link"]["life"]
                async for clock in mc.clock():
                    if clock["link"]["life"] != life and clock["time_ns"] == 5_000_000_000_000:
                        break
                commands = (await mc.history(user="anna"))["commands"]
                assert [each["command"] for each in commands] == ["condition_mav"]
                sent = await mc.send("lander", "condition_mav", {"on": True}, key="heat")
                assert sent.identifiers == [commands[0]["identifier"]]
                assert len(lines(out)) == 4  # its record is whole again
        console.send_signal(signal.SIGTERM)
        assert console.wait(60) == 128 + signal.SIGTERM
    assert not (out / "api.json").exists() and not (out / "control.json").exists()
    with pytest.raises(ControlRefused):
        RunControl(out)


@pytest.mark.check
@pytest.mark.requirement("OPS-13")
async def test_a_branch_from_a_checkpoint_comes_to_another_end(tmp_path: Path) -> None:
    """From the terminal: the original ends by its time limit, its branch by a person."""
    out, other, again = (tmp_path / name for name in ("run", "other", "again"))
    mission = str(small_mission(tmp_path, 0.2).file)
    quiet = ("--quiet", "--no-pictures")
    with (
        process(*serves(out)),
        process("fly", mission, "--pace", "0", "--out", str(out), *quiet, code=1),
    ):
        async with asking(out, "anna") as anna:
            await anna.pace(None, 6000.0)
            await stands_at(anna, 6000.0)
            await anna.ask("checkpoint", name="storm")
            await anna.pace(None)
    ended, record = summary(out), (out / "session.jsonl").read_bytes()
    words = ("--branch", f"{out}@storm", "--out", str(other), "--no-web", "--no-browser")
    with process("console", *words) as console:
        assert console.stdout is not None
        assert str(other) in await asyncio.to_thread(console.stdout.readline)
        async with asking(other, "anna") as anna, asking(other, "ben") as ben:
            await stands_at(anna, 6000.0)
            parent = (await anna.hello())["branch_of"]
            assert (parent["run"], parent["checkpoint"]) == (str(out), "storm")
            await anna.take("lander")
            await ben.ask("procedure_stop", why="the storm comes")
            await anna.pace(None)
            await soon(lambda: (other / "summary.json").exists(), "an end of the branch")
        console.send_signal(signal.SIGTERM)
        assert console.wait(60) == 128 + signal.SIGTERM
    branched = summary(other)
    assert "the storm comes" in branched["reason"] and "the storm" not in ended["reason"]
    assert branched["mission_seconds"] < ended["mission_seconds"]
    assert (out / "session.jsonl").read_bytes() == record and summary(out) == ended
    head, *inputs = lines(other)
    assert json.loads(head)["parent"]["checkpoint"] == "storm"
    assert inputs[: len(lines(out)) - 1] == lines(out)[1:] and len(inputs) == len(lines(out)) + 1
    with process("fly", "--from", str(other), "--out", str(again), *quiet, code=1):
        pass
    assert hash_of(again) == hash_of(other) != hash_of(out)


async def stands_at(mc: MissionControl, seconds: float) -> None:
    async for clock in mc.clock():
        if clock["time_ns"] == seconds * 1e9 and clock["pace"] == 0.0:
            return


def summary(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "summary.json").read_text()))


def test_a_run_that_nobody_serves_is_told_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(NotServed, match="is not served there"):
        find_api(tmp_path)


@pytest.mark.mission
@pytest.mark.check
@pytest.mark.requirement("CON-10")
async def test_a_run_whose_commands_were_previewed_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    """A preview tells a verdict, and no bit is another: it is as if nobody had been there."""
    out, plain = tmp_path / "run", tmp_path / "plain"
    quiet = ("--quiet", "--no-pictures")
    command = {"vehicle": "lander", "command": "condition_mav", "arguments": {"on": True}}
    with (
        process(*serves(out)),
        process("fly", "surface", "--pace", "0", "--out", str(out), *quiet, code=0),
    ):
        async with asking(out, "anna") as mc:
            await mc.pace(None, MORNING)
            async for clock in mc.clock():
                if clock["time_ns"] == MORNING * 1e9 and clock["pace"] == 0.0:
                    break
            for _ in range(200):
                told = await mc.preview(commands=[command])
                if "items" in told:
                    break
            [item] = told["items"]
            assert (item["status"], told["ended_by"]) == ("COMPLETED", "over")
            assert told["begin_ns"] == MORNING * 1e9 < told["end_ns"]
            told = (await mc.history())["commands"]
            assert told and all(each["user"] != "preview" for each in told)
            await mc.pace(None)
    assert len(lines(out)) == 1  # no input
    with process("fly", "surface", "--out", str(plain), *quiet, code=0):
        pass
    assert hash_of(out) == hash_of(plain)

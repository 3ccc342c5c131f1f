"""What is real in a run that flies is looked at, stopped and released by people at the console."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.client import MissionControl, Refused
from sim_hw.bench.building import build
from tests.ground.edge.test_served_runs import asking, process, serves

pytestmark = [pytest.mark.stock, pytest.mark.processes, pytest.mark.check]

BENCH = """
format: 1
title: Wheels on the desk
wires:
  line: {{address: "unix://{line}"}}
devices:
  rover.wheels:
    mode: real
    wire: line
    arm: required
    arm_for: {{value: 90, unit: s, source: test}}
    identity: {{interface: Wheels, serial: SN0001}}
    rates:
      drive: {{value: 1.2, unit: m/s, source: test}}
      turn: {{value: 1.2, unit: rad/s, source: test}}
"""


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bench file of wheels in C on a unix socket."""
    folder = tmp_path_factory.mktemp("w")
    wheels = subprocess.Popen(
        [build("wheels", "posix", folder), "--unix", str(folder / "line")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert wheels.stdout is not None
    assert wheels.stdout.readline().strip() == "ready"
    file = folder / "desk.yaml"
    file.write_text(BENCH.format(line=folder / "line"))
    yield file
    wheels.kill()
    wheels.wait()
    wheels.stdout.close()


async def until(mc: MissionControl, wanted: Any) -> Any:
    """The bench, as soon as it is so."""
    for _ in range(200):
        told = (await mc.ask("bench"))["bench"]
        if wanted(told):
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(f"it never was so: {told}")


async def test_by_the_edge_it_is_armed_by_name_stopped_and_released(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    out = tmp_path / "run"
    fly = ("fly", "surface", "--out", str(out), "--quiet", "--no-pictures")
    with process(*serves(out)), process(*fly, "--bench", str(desk)):
        async with (
            asking(out, "anna") as anna, asking(out, "ben") as ben, asking(out, "eve") as eve,
        ):  # fmt: skip
            await anna.pace(0.5)  # nothing is armed: the flight went as fast as it could
            told = await until(eve, lambda bench: bench["devices"][0]["state"] == "safe")
            assert told["title"] == "Wheels on the desk" and told["stopped"] == ""
            assert "SN0001" in told["devices"][0]["identity"]
            arm = {"order": "arm", "service": "rover.wheels", "seconds": 60.0}
            for other in (eve, anna):
                with pytest.raises(Refused, match="to arm needs the role conductor"):
                    await other.ask("bench_order", **arm)
            with pytest.raises(Refused, match="allowed is up to 90 s"):
                await ben.ask("bench_order", **{**arm, "seconds": 91.0})
            with pytest.raises(Refused, match=r"allowed is one of rover\.wheels"):
                await ben.ask("bench_order", **{**arm, "service": "rover.wings"})
            await ben.ask("bench_order", **arm)
            told = await until(anna, lambda bench: bench["devices"][0]["state"] == "armed")
            device = told["devices"][0]
            assert device["armed_by"] == "ben" and 0.0 < device["armed_left_s"] <= 60.0
            await eve.ask("bench_order", order="stop")  # whoever looks on
            told = await until(eve, lambda bench: bench["devices"][0]["state"] == "safe")
            assert told["stopped"] == "stopped by eve"
            with pytest.raises(Refused, match="release that first"):
                await ben.ask("bench_order", **arm)
            await ben.ask("bench_order", order="release")
            told = await until(anna, lambda bench: not bench["stopped"])
            assert told["devices"][0]["armed_by"] == ""  # by a new order alone
    events = (out / "events.jsonl").read_text()
    assert "stopped by eve" in events and "by ben, for 60 s" in events
    assert "ben (conductor, director, operator) orders of the bench: arm rover.wheels" in events
    assert "eve (observer) orders of the bench: arm rover.wheels for 60 s; refused" in events

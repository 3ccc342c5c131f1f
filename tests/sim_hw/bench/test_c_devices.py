"""The examples in C beside the wheels, as libraries in virtual time: nozzle, igniter, battery."""

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected
from sim_hw.bench.building import DEVICES, build
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wire.client import ProtocolClient

STILL = {"pulses": [0.0, 0.0, 0.0], "forward": 0.0}
RATE, STOP = 0.5236, 0.08727  # rad/s, rad


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("build")
    return {name: build(name, "library", folder) for name in DEVICES if name != "wheels"}


class Desk:
    """A device that is let move, and who speaks to it."""

    def __init__(self, path: Path, **settings: float) -> None:
        self.device = LibraryDevice(path, **settings)
        self.effects: list[dict[str, Any]] = []
        self.client = ProtocolClient(
            self.device.wire(), "test", on_said=lambda said: self.effects.append(said.data)
        )
        self.client.start(1)

    async def ask(self, method: str, **arguments: Any) -> Any:
        return (await self.client.call(method, arguments, limit=1.0)).result

    def close(self) -> None:
        self.client.close()
        self.device.close()


@pytest.mark.parametrize("how", ["safe", "new boot"])
async def test_a_nozzle_that_is_made_safe_stands_though_its_call_was_over(
    built: dict[str, Path], how: str
) -> None:
    desk = Desk(built["nozzle"])
    await desk.ask("safe", on=False)
    await desk.ask("steer", pitch=0.08, yaw=0.0, **STILL)  # answered at once, still on its way
    await asyncio.sleep(0.02)
    if how == "safe":
        await desk.ask("safe", on=True)
    else:
        desk.client.start(2)
    await asyncio.sleep(1.0)
    await desk.ask("safe", on=False)
    told = await desk.ask("steer", pitch=0.08, yaw=0.0, **STILL)
    assert 0.0 < told["pitch"] < 0.03
    desk.close()


async def test_the_nozzle_follows_with_its_rate_up_to_its_stop(built: dict[str, Path]) -> None:
    desk = Desk(built["nozzle"])
    with pytest.raises(DeviceFault, match="it is safe"):
        await desk.ask("steer", pitch=0.05, yaw=0.0, **STILL)
    await desk.ask("safe", on=False)
    told = await desk.ask("steer", pitch=0.05, yaw=-1.0, **STILL)
    assert (told["pitch"], told["yaw"]) == (0.0, 0.0)  # it has only begun to
    before = told
    for _ in range(20):
        await asyncio.sleep(0.02)
        told = await desk.ask("steer", pitch=0.05, yaw=-1.0, **STILL)
        for name in ("pitch", "yaw"):
            assert abs(told[name] - before[name]) <= RATE * 0.0201
        before = told
    assert told["pitch"] == pytest.approx(0.05, abs=1e-4)
    assert told["yaw"] == pytest.approx(-STOP, abs=1e-4) and told["yaw"] >= -STOP
    assert [each["state"] for each in desk.effects] == ["done"] * 21
    desk.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pulses": [0.0, 0.0]}, "not a list of so many numbers"),
        ({"pulses": [0.0] * 4}, "not a list of so many numbers"),
        ({"pulses": 0.0}, "not a list of so many numbers"),
        ({"pulses": [0.0, 11.0, 0.0]}, "out of range"),
        ({"pulses": [0.0, "1", 0.0]}, "not a number"),
        ({"pulses": [0.0, [1.0], 0.0]}, "not a number"),
        ({"pulses": [math.nan, 0.0, 0.0]}, "out of range"),
        ({"yaw": [0.0]}, "not a number"),
        ({"pitch": math.inf}, "out of range"),
        ({"forward": 10.001}, "out of range"),
        ({"side": 0.0}, "unknown argument"),
    ],
)
async def test_a_list_is_looked_at_number_by_number(
    built: dict[str, Path], changes: dict[str, Any], words: str
) -> None:
    desk = Desk(built["nozzle"])
    await desk.ask("safe", on=False)
    with pytest.raises(DeviceRejected, match=words):
        await desk.ask("steer", **{"pitch": 0.05, "yaw": 0.0, **STILL, **changes})
    assert desk.effects == []
    told = await desk.ask("steer", pitch=0.0, yaw=0.0, **STILL)
    assert told["pitch"] == 0.0  # and what was rejected has moved nothing
    desk.close()


async def test_a_dummy_of_an_igniter_shows_its_load_and_fires_twice(
    built: dict[str, Path],
) -> None:
    desk = Desk(built["igniter"])
    ((row, passed, value, unit, _),) = await desk.ask("self_test")
    assert (row, passed, value, unit) == ("load", True, 12.0, "ohm")
    await desk.ask("safe", on=False)
    assert (await desk.ask("fire"))["charges"] == 1
    assert (await desk.ask("fire")) == {"resistance": 1.0e6, "charges": 0}
    with pytest.raises(DeviceFault) as spent:
        await desk.ask("fire")
    assert spent.value.code == "open"
    desk.close()
    desk = Desk(built["igniter"], load=1.1)  # a real one
    assert (await desk.ask("self_test"))[0][1] is False
    desk.close()


async def test_the_gauge_measures_what_the_world_puts_on_it_in_twelve_bits(
    built: dict[str, Path],
) -> None:
    desk = Desk(built["battery"])
    identity = await desk.ask("identity")
    assert identity["features"] == ["stimulus"] and identity["interface"] == "Battery"
    await desk.ask("stimulus", state_of_charge=0.8, voltage=31.0, current=-3.0)
    told = await desk.ask("state")
    assert told["state_of_charge"] == pytest.approx(0.8, abs=0.5 / 4095)
    assert told["voltage"] == pytest.approx(31.0, abs=32.0 / 4095)
    assert told["current"] == pytest.approx(-3.0, abs=64.0 / 4095)
    assert told["temperature"] == pytest.approx(290.0, abs=100.0 / 4095)  # as it was
    await desk.ask("stimulus", state_of_charge=7.0)
    assert (await desk.ask("state"))["state_of_charge"] == 1.0  # the end of its range
    for wrong in ({"smell": 1.0}, {"voltage": "high"}, {"voltage": math.nan}):
        with pytest.raises(DeviceRejected, match="no such stimulus"):
            await desk.ask("stimulus", **wrong)
    assert (await desk.ask("state"))["voltage"] == told["voltage"]
    desk.close()


async def test_a_setting_that_it_does_not_have_is_refused(built: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="speed: the device has no such setting"):
        LibraryDevice(built["battery"], speed=1.0)


@pytest.mark.check
@pytest.mark.parametrize("name", list(DEVICES))
@pytest.mark.parametrize("host", ["posix", "cortex_m3"])
def test_each_example_is_built_for_each_host(name: str, host: str, tmp_path: Path) -> None:
    assert build(name, host, tmp_path).is_file()

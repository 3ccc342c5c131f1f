"""The wheels in C: as a library in virtual time they pass the conformance kit, and two runs are
one."""

import asyncio
import hashlib
from pathlib import Path

import msgpack
import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mobility import Wheels
from flight.runtime.loop import VirtualLoop, run
from ground.hil.conformance import PASSED, Kit, check_device
from ground.hil.probes import PROBES
from sim_hw.bench.building import NotBuilt, build
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
from sim_hw.bench.wire.wire import Wire


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheels", "library", tmp_path_factory.mktemp("build"))


async def test_they_pass_the_conformance_kit(library: Path) -> None:
    device = LibraryDevice(library)

    async def open_wire() -> Wire:
        return device.wire()

    rows = await check_device(Kit(Wheels, open_wire), PROBES)
    assert [row for row in rows if row.verdict != PASSED] == []
    device.close()


async def test_a_restart_is_noticed_and_ends_what_was_asked(library: Path) -> None:
    device = LibraryDevice(library)
    lost: list[str] = []
    client = ProtocolClient(device.wire(), "test", on_lost=lost.append)
    client.start(1)
    await client.own("safe", on=False)
    drive = asyncio.get_running_loop().create_task(
        client.call("drive", {"distance": 10.0}, limit=900.0)
    )
    await asyncio.sleep(3.0)
    device.power_on()
    with pytest.raises(LinkLost, match="the other side has closed"):
        await drive
    assert len(lost) == 1
    again = ProtocolClient(device.wire(), "test")
    again.start(2)
    state = await again.call("state", {}, limit=1.0)
    assert state.result["odometer"] == 0.0
    with pytest.raises(DeviceFault, match="it is safe"):
        await again.call("drive", {"distance": 1.0}, limit=900.0)
    again.close()
    device.close()


def test_two_runs_of_a_drive_are_one(library: Path) -> None:
    def flown() -> str:
        heard = hashlib.sha256()

        async def drive() -> None:
            device = LibraryDevice(library, speed=0.5)
            client = ProtocolClient(
                device.wire(), "test", on_said=lambda said: heard.update(msgpack.packb(said.data))
            )
            client.start(1)
            await client.own("safe", on=False)
            for distance in (10.0, -3.0, 8.5):
                answer = await client.call("drive", {"distance": distance}, limit=900.0)
                assert answer.result["distance"] == distance
            state = await client.call("state", {}, limit=1.0)
            assert state.result["odometer"] == pytest.approx(21.5)
            heard.update(str(asyncio.get_running_loop().time()).encode())
            client.close()
            device.close()

        run(drive(), VirtualLoop())
        return heard.hexdigest()

    assert flown() == flown()


def test_a_compiler_that_is_not_there_is_told_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotBuilt, match="gcc is not here: on Debian, apt install gcc"):
        build("wheels", "posix", tmp_path)


def test_firmware_that_does_not_compile_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match="gcc: "):
        build("wheels", "posix", tmp_path, defines=["EFFECT_EVERY_US=}"])

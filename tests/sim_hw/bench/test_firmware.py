"""The same wheels as firmware of a Cortex-M3, in QEMU: a drive, and the whole conformance kit."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.icd.devices.mobility import Wheels
from ground.hil.conformance import PASSED, Kit, check_device
from ground.hil.probes import PROBES
from sim_hw.bench.adapters.opening import end_of, opener_of
from sim_hw.bench.building import build
from sim_hw.bench.emulated_wire import EmulatedOpener
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
from sim_hw.bench.wire.wire import Wire, WireLost
from sim_hw.bench.wire.wires import open_wire
from tests.sim_hw.bench.firmware import Firmware

TRIES = 5  # times that a probe may be asked

pytestmark = [pytest.mark.paced(1), pytest.mark.processes]


@pytest.fixture
def firmware(tmp_path: Path) -> Iterator[Firmware]:
    made = Firmware(tmp_path)
    yield made
    made.kill()


async def test_it_drives_and_is_lost_at_once_when_it_is_killed(firmware: Firmware) -> None:
    client = ProtocolClient(await open_wire(read_address(firmware.address)), "test", silence=5.0)
    client.start(1)
    assert (await client.call("identity", {}, limit=5.0)).result["serial"] == "M3-0001"
    await client.call("safe", {"on": False}, limit=5.0)
    answer = await client.call("drive", {"distance": 0.2}, limit=10.0)
    assert answer.result["distance"] == 0.2
    drive = asyncio.get_running_loop().create_task(
        client.call("drive", {"distance": 10.0}, limit=20.0)
    )
    await asyncio.sleep(0.2)
    firmware.kill()
    with pytest.raises(LinkLost, match=r"closed|reset"):
        await drive


async def talk(wire: Wire) -> tuple[str, int]:
    """Its serial number and for how long (us) it is up."""
    client = ProtocolClient(wire, "test", silence=5.0)
    client.start(1)
    told = (await client.call("identity", {}, limit=5.0)).result["serial"]
    uptime = (await client.call("ping", {}, limit=5.0)).result["uptime_us"]
    client.close()
    return told, uptime


async def test_a_wire_to_qemu_powers_it_up_keeps_it_and_switches_it_off(tmp_path: Path) -> None:
    image = build("wheels", "cortex_m3", tmp_path)
    opener = opener_of(f"qemu://{image}", None)
    assert isinstance(opener, EmulatedOpener)
    try:
        serial, first = await talk(await opener())
        process = opener._process
        assert serial == "M3-0001" and process is not None
        _, second = await talk(await opener())
        assert opener._process is process and second > first, "the plug, and no power cycle"
        process.kill()
        process.wait()
        assert (await talk(await opener()))[0] == serial
        assert opener._process is not process, "another power-up"
        process, folder = opener._process, opener._folder.path  # type: ignore[union-attr]
    finally:
        await end_of(opener)
    assert process is not None and process.poll() is not None and not folder.exists()
    assert image.exists()


async def test_what_cannot_be_started_is_a_wire_that_is_not_there_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def words(address: str) -> str:
        opener = opener_of(address, None)
        with pytest.raises(WireLost) as lost:
            await opener()
        await end_of(opener)
        return str(lost.value)

    assert "there is no image /nowhere/x.elf: build it" in await words("qemu:///nowhere/x.elf")
    assert "there is no example wings: wheels, nozzle" in await words("qemu:wings")
    nonsense = tmp_path / "x.elf"
    nonsense.touch()
    said = await words(f"qemu://{nonsense}?machine=nosuch")
    assert "QEMU has ended: " in said
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "apt install" in await words(f"qemu://{nonsense}")


@pytest.mark.check
async def test_it_passes_the_conformance_kit(firmware: Firmware) -> None:
    """The kit judges by the wall clock, and a busy machine gives QEMU its turn late: what fails is
    asked again, alone."""
    address = read_address(firmware.address)
    kit = Kit(Wheels, lambda: open_wire(address))
    probes, rows = list(PROBES), []
    for _ in range(TRIES):
        rows = [row for row in await check_device(kit, probes) if row.verdict != PASSED]
        probes = [each for each in PROBES if each.name in {row.name for row in rows}]
        if not rows:
            break
    assert rows == []


@pytest.mark.check
def test_it_is_as_small_as_it_is_said_to_be(firmware: Firmware, tmp_path: Path) -> None:
    image = tmp_path / "wheels_cortex_m3.elf"
    told = subprocess.run(
        ["arm-none-eabi-size", image], capture_output=True, text=True, check=True
    ).stdout.splitlines()[1].split()  # fmt: skip
    text, data, bss = map(int, told[:3])
    assert text + data <= 10_240 and data + bss <= 4_096

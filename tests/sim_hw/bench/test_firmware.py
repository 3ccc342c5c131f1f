"""The same wheels as firmware of a Cortex-M3, in QEMU: a drive, and the whole conformance kit."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.icd.devices.mobility import Wheels
from ground.hil.conformance import PASSED, Kit, check_device
from ground.hil.probes import PROBES
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
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

"""What is kept of a flight and sent to Earth: batches, failures, chunks."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.ascent_record import unpack_samples
from flight.icd.devices.base import DeviceFault
from flight.mav.ascent_data import send_chunks
from flight.mav.ascent_log import AscentLog

CHUNK_BYTES = 12_000

FAULT = DeviceFault("no_power", "it has no power")


class Recorder:
    def __init__(self) -> None:
        self.data = b""
        self.failing = False
        self.appended = 0

    async def append(self, data: bytes) -> None:
        self.appended += 1
        if self.failing:
            raise FAULT
        self.data += data

    async def state(self) -> Any:
        return SimpleNamespace(size=len(self.data))

    async def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


class Flown:
    """What a computer shows of a flight."""

    def __init__(self, pressure: float = 900.0) -> None:
        self.navigation: Any = SimpleNamespace(
            time=5.0, position=(1.0, 2.0, 3.0), velocity=(4.0, 5.0, 6.0),
            attitude=(1.0, 0.0, 0.0, 0.0), rate=(0.1, 0.2, 0.3), acceleration=(7.0, 8.0, 9.0),
        )  # fmt: skip
        self.dynamic_pressure, self.angle_of_attack = pressure, 0.05
        self.wanted = (1.0, 0.0, 0.0)


async def test_samples_are_written_in_batches_and_the_hold_is_thinned_out() -> None:
    recorder = Recorder()
    log = AscentLog(recorder, lambda **data: None)  # type: ignore[arg-type]
    flown: Any = Flown()
    for _ in range(49):
        await log.note(flown, "first_burn", None)
    assert recorder.data == b""
    await log.note(flown, "first_burn", None)
    assert len(unpack_samples(recorder.data)) == 50 and recorder.appended == 1
    for _ in range(15):
        await log.note(flown, "holding", None)
    await log.flush()
    assert len(unpack_samples(recorder.data)) == 53
    await log.flush()
    assert recorder.appended == 2, "nothing waits"


async def test_a_recorder_that_fails_costs_data_and_is_told() -> None:
    recorder, told = Recorder(), []  # type: ignore[var-annotated]
    log = AscentLog(recorder, lambda **data: told.append(data["reason"]))  # type: ignore[arg-type]
    recorder.failing = True
    flown: Any = Flown()
    await log.note(flown, "coasting", None)
    await log.flush()
    assert told == ["it has no power"]
    recorder.failing = False
    await log.note(flown, "coasting", None)
    await log.flush()
    assert len(unpack_samples(recorder.data)) == 1


@pytest.mark.parametrize(("pressure", "angle"), [(1.01, 0.05), (1.0, 0.0)])
async def test_an_angle_of_attack_means_nothing_without_air(pressure: float, angle: float) -> None:
    recorder = Recorder()
    log = AscentLog(recorder, lambda **data: None)  # type: ignore[arg-type]
    flown: Any = Flown(pressure)
    effectors: Any = SimpleNamespace(pitch=0.01, yaw=-0.02, gas=1.5)
    await log.note(flown, "first_burn", effectors)
    await log.flush()
    (sample,) = unpack_samples(recorder.data)
    assert sample.angle_of_attack == pytest.approx(angle)
    assert sample.gas == pytest.approx(1.5) and sample.nozzle == pytest.approx((0.01, -0.02))


async def test_chunks_are_sent_one_after_another_and_their_number_behind_them() -> None:
    recorder = Recorder()
    recorder.data = bytes(2 * CHUNK_BYTES + 1)
    sent: list[dict[str, Any]] = []
    node: Any = SimpleNamespace(
        ascent_recorder=recorder, record_chunks=None,
        channels=SimpleNamespace(take_changed=lambda: {"height": 1.0}),
        publish_telemetry=lambda values: sent.append(values),
    )  # fmt: skip
    assert await send_chunks(node) == 3
    assert asyncio.get_running_loop().time() == pytest.approx(0.6)
    assert [set(v) for v in sent] == [{"ascent_chunk"}] * 3 + [{"height", "record_chunks"}]
    assert node.record_chunks == 3
    for first, last, count in ((1, 1, 1), (2, 9, 1), (3, 9, 0), (0, 0, 1)):
        sent.clear()
        assert await send_chunks(node, first, last) == count
        assert len(sent) == count + 1 and sent[-1]["record_chunks"] == 3

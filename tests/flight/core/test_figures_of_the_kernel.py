"""The kernel's own times and counts, each by what it does: how long, how often, how many."""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.fault_protection.reading_checks import ReadingChecks
from flight.core.fault_protection.responses import Responder, Step
from flight.core.keeping.storage import Storage
from flight.core.sequencing.sequence_store import RUNS, SequenceStore
from flight.core.sequencing.sequences import SequenceRefusal, parse_sequence
from flight.core.sound_readings import sound
from flight.core.telling.communications import Communications
from flight.icd.devices.base import DeviceFault, DeviceTimeout


def since(begun: float) -> float:
    return asyncio.get_running_loop().time() - begun


# --------------------------------------------------------------------------- readings


@pytest.mark.parametrize("trouble", [DeviceTimeout("x"), DeviceFault("garbage", "x"), None])
async def test_a_reading_that_is_needed_is_asked_for_over_six_minutes(
    trouble: Exception | None,
) -> None:
    asked: list[float] = []
    begun = asyncio.get_running_loop().time()

    async def ask() -> Any:
        asked.append(since(begun))
        if trouble is not None:
            raise trouble
        return SimpleNamespace(valid=False, reason="noise")

    with pytest.raises((DeviceTimeout, DeviceFault)):
        await sound(ask)
    assert asked == [0.0, 1.0, 11.0, 71.0, 371.0]
    asked.clear()
    trouble = DeviceFault("jam", "x")
    with pytest.raises(DeviceFault, match="x"):
        await sound(ask)
    assert len(asked) == 1, "what is no bad reading is not asked for again"


@pytest.mark.parametrize(
    ("change", "seconds", "rate"),
    [(8.5, 1.0, 0.0), (9.5, 1.0, 1.0), (9.5, 2.0, 0.5), (9.5, 0.0, 1000.0)],
)
def test_noise_of_two_readings_is_no_rate(change: float, seconds: float, rate: float) -> None:
    rules: Any = SimpleNamespace(noise=(1.0, 0.0))
    checks = ReadingChecks(rules, lambda name: None)
    found = checks._rate((0, 100.0), (round(seconds * 1e9), 100.0 + change))
    assert found == pytest.approx(rate)


# -------------------------------------------------------------------------- responses


@pytest.mark.parametrize(("seconds", "failures"), [(3_599.0, []), (3_601.0, ["x: TimeoutError"])])
async def test_an_action_has_an_hour_and_keeps_no_other_from_being_done(
    seconds: float, failures: list[str]
) -> None:
    done: list[str] = []

    def call(text: str, wait: float) -> Any:
        async def act(node: Any) -> None:
            await asyncio.sleep(wait)
            done.append(text)

        return SimpleNamespace(text=text, on=act)

    responder: Any = object.__new__(Responder)
    responder._node = None
    assert await responder._do(Step([call("x", seconds), call("y", 1.0)])) == failures
    assert done == (["y"] if failures else ["x", "y"])


# -------------------------------------------------------------------------- sequences


def entries(count: int) -> dict[str, Any]:
    entry = {"kind": "relative", "target": "rover", "command": "report_status"}
    return {"name": "long", "entries": [entry] * count}


def test_a_sequence_has_a_thousand_entries_at_the_most() -> None:
    found = parse_sequence(entries(1_000))
    assert len(found.entries) == 1_000 and found.entries[0].within == 3_600.0  # type: ignore[union-attr]
    for count in (0, 1_001):
        with pytest.raises(SequenceRefusal, match="a list of 1 to 1000"):
            parse_sequence(entries(count))


def test_the_last_runs_are_remembered_and_no_number_is_given_twice() -> None:
    storage = Storage(":memory:")
    store = SequenceStore(storage, lambda name, data: None)
    numbers = [store.begin_run("x", 0.0, 0).number for _ in range(40)]
    assert len(set(numbers)) == 40 and storage.count(RUNS) == 32


# ----------------------------------------------------------------------------- radio


class Air:
    """Communications of which only sending is there."""

    def __init__(self, sends: list[bool]) -> None:
        self.sends, self.frames, self.at = sends, [], []  # type: ignore[var-annotated]
        self.dropped: list[str] = []
        self.mute: list[str] = []
        begun = asyncio.get_running_loop().time()
        found: Any = object.__new__(Communications)

        async def transmit(peer: str, packets: list[bytes]) -> bool:
            self.frames.append(len(packets))
            self.at.append(since(begun))
            return self.sends.pop(0) if self.sends else False

        found._transmit = transmit
        found._outboxes = {"lander": deque([bytes(10_000)] * 5)}
        found._on_drop = lambda peer, reason: self.dropped.append(reason)
        found._on_mute = lambda peer, reason: self.mute.append(reason)
        found._refused, found._links = {}, {}
        self.communications = found


async def test_a_frame_has_some_32_kb_and_four_attempts_each_twenty_seconds() -> None:
    air = Air([False, False, False, True])
    await air.communications._send_outbox("lander")
    assert air.frames == [4] * 4 and air.at == [0.0, 20.0, 40.0, 60.0] and air.dropped == []
    assert len(air.communications._outboxes["lander"]) == 1
    await air.communications._send_outbox("lander")
    assert len(air.frames) == 8 and air.dropped == ["1 packets found no link after 4 attempts"]


async def test_a_radio_that_does_not_send_is_told_at_the_fifth_frame_or_without_an_answer() -> None:
    air = Air([])
    fault, silence = DeviceFault("lost", "nobody hears"), DeviceTimeout("no answer")
    air.communications._not_sent("relay", fault)
    assert air.communications._refused == {}, "without a link it is no wonder"
    air.communications._links["relay"] = SimpleNamespace(up=True)
    for _ in range(4):
        air.communications._not_sent("relay", fault)
    assert air.mute == []
    air.communications._not_sent("relay", fault)
    air.communications._not_sent("relay", fault)
    assert air.mute == ["nobody hears"], "once"
    air.communications._not_sent("earth", silence)
    air.communications._not_sent("earth", silence)
    assert air.mute == ["nobody hears", "no answer"]

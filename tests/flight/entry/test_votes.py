"""The votes by which the capsule knows its entry, its fall and its landing: each at its limit."""

import asyncio
from typing import Any

import pytest

from flight.core.chart.statechart import Signal
from flight.core.custody.ledger import CustodyStatus
from flight.core.fault_protection.structure import Structure
from flight.entry import flying, sensing
from flight.icd import places
from flight.icd.devices.entry_capsule import (
    CapsuleBeaconState,
    ImpactState,
)
from tests.flight.entry.alone import (
    DUE,
    MUTE,
    TUBE,
    felt,
    of,
    switch,
    with_tube,
)

SIGNAL = Signal("x")


# ---------------------------------------------------------------------------- the entry


@pytest.mark.parametrize(
    ("g", "load", "late", "sensed"),
    [
        (switch(True), 29.4, -60.0, "g_switch, accelerometer"),
        (switch(False, True), 29.4, -60.0, "g_switch, accelerometer"),
        (switch(), 29.4, 0.0, "accelerometer, timer"), (switch(True), 0.0, 0.0, "g_switch, timer"),
        (MUTE, 29.4, 0.0, "accelerometer, timer"),
        (switch(True, valid=False), 29.4, 0.0, "accelerometer, timer"),
        (switch(True), 29.39, 0.0, "g_switch, timer"),
        (switch(), -29.4, 0.0, "accelerometer, timer"),
    ],
)  # fmt: skip
async def test_two_of_three_say_that_the_air_begins_to_brake(
    g: Any, load: float, late: float, sensed: str
) -> None:
    node = of(elapsed=DUE - 60.0)
    node.g_switch.answers["state"], node.accelerometer.answers["state"] = [g], [felt(load)]
    assert await flying.watch_for_entry(node, SIGNAL) == "done"
    assert node.told("entry_sensed") == [{"votes": sensed, "late": pytest.approx(late, abs=1.1)}]


@pytest.mark.parametrize(("peak", "sensed"), [(29.4, True), (29.39, False)])
async def test_a_load_that_was_felt_counts_and_one_below_it_does_not(
    peak: float, sensed: bool
) -> None:
    node = of(elapsed=DUE)
    node.accelerometer.answers["state"] = [felt(0.0, peak)]
    found = await flying.watch_for_entry(node, SIGNAL)
    assert (found == "done") is sensed
    if not sensed:
        assert found == "overdue" and node.elapsed == pytest.approx(DUE + 900.0, abs=1.5)


async def test_one_alone_says_nothing_until_the_time_is_over() -> None:
    for g, load in ((switch(True, True), 0.0), (switch(), 500.0)):
        node = of(elapsed=DUE - 10.0)
        node.g_switch.answers["state"] = [g]
        node.accelerometer.answers["state"] = [felt(load)]
        assert await flying.watch_for_entry(node, SIGNAL) == "done"
        assert node.elapsed == pytest.approx(DUE, abs=1.5), "together with the timer"


async def test_without_the_vote_the_switch_alone_is_believed() -> None:
    node = of(elapsed=DUE - 10.0)
    node.context.structure = Structure(left_out=frozenset({"entry_vote"}))
    node.g_switch.answers["state"] = [switch(True)]
    assert await flying.watch_for_entry(node, SIGNAL) == "done"
    assert node.elapsed == pytest.approx(DUE - 10.0)


@pytest.mark.parametrize(("predicted", "before"), [(True, 60.0), (False, 1_800.0)])
async def test_it_looks_from_shortly_before_the_predicted_time_on(
    predicted: bool, before: float
) -> None:
    node = of(elapsed=DUE - 5_000.0, entry_predicted=predicted, watching=False)
    node.g_switch.answers["state"] = [switch(True)]
    node.accelerometer.answers["state"] = [felt(30.0, 30.0)]
    assert await flying.watch_for_entry(node, SIGNAL) == "done"
    assert node.elapsed == pytest.approx(DUE - before, abs=1.5)
    assert node.watching and node.g_switch.of("clear") == [()], "what was latched before is gone"


# --------------------------------------------------------------------------- the braking


def braking(node: Any, *looks: tuple[Any, Any]) -> None:
    node.g_switch.answers["state"] = [g for g, _ in looks]
    node.accelerometer.answers["state"] = [a for _, a in looks]


HARD = (switch(True, True), felt(300.0, 300.0))
CALM = (switch(False, True), felt(14.69, 300.0))


async def test_the_peak_is_over_when_two_say_so_three_times_in_a_row() -> None:
    node = of(elapsed=DUE + 1.0)
    looks = [HARD, CALM, CALM, HARD, CALM, CALM, CALM, HARD]
    braking(node, *looks)
    assert await flying.record_entry(node, SIGNAL) == "done"
    assert len(node.samples) == 7 and node.samples[0][0] == "braking"
    assert node.peak_load == 300.0 and node.told("braking_over") == [{"peak": 30.6}]
    assert not node.told("sensor_outvoted")


async def test_before_the_peak_all_is_as_quiet_and_nothing_is_over() -> None:
    node = of(elapsed=DUE)
    braking(node, (switch(), felt(0.1, 0.2)))
    assert await flying.record_entry(node, SIGNAL) == "done"
    assert node.elapsed == pytest.approx(DUE + 150.0 + 2 * 0.5, abs=0.6), "by the timer"
    reasons = [each["reason"] for each in node.told("sensor_outvoted")]
    assert reasons == ["it has not closed", "it has felt no load"]


@pytest.mark.parametrize(("load", "over"), [(14.69, True), (14.7, False)])
async def test_it_still_brakes_above_one_and_a_half_g(load: float, over: bool) -> None:
    node = of(elapsed=DUE + 1.0)
    braking(node, (switch(False, True), felt(load, 300.0)))
    assert await flying.record_entry(node, SIGNAL) == "done"
    assert (node.elapsed < DUE + 10.0) is over


async def test_a_wrong_sign_is_told_and_taken_as_magnitude() -> None:
    node = of(elapsed=DUE + 1.0)
    braking(node, (switch(True, True), felt(-29.4, 300.0)), CALM)
    await flying.record_entry(node, SIGNAL)
    assert "sign is wrong" in node.told("sensor_outvoted")[0]["reason"]
    node = of(elapsed=DUE + 1.0)
    braking(node, (switch(True, True), felt(-29.39, 300.0)), CALM)
    await flying.record_entry(node, SIGNAL)
    assert not node.told("sensor_outvoted")


async def test_a_braking_that_does_not_end_is_overdue_and_its_samples_are_kept() -> None:
    node = of(elapsed=DUE + 890.0)
    braking(node, HARD)
    assert await flying.record_entry(node, SIGNAL) == "overdue"
    assert node.elapsed == pytest.approx(DUE + 900.0, abs=0.6) and len(node.samples) == 20


# --------------------------------------------------------------------------- the landing


@pytest.mark.parametrize(
    ("torn", "peak", "falling", "landed"),
    [
        (True, 981.0, True, True), (True, 980.9, True, False), (False, 5_000.0, True, False),
        (True, 2_450.0, False, True), (True, 2_449.0, False, False), (None, 981.0, True, False),
        (True, None, True, False),
    ],
)  # fmt: skip
async def test_landed_is_torn_wires_and_a_shock(
    torn: bool | None, peak: float | None, falling: bool, landed: bool
) -> None:
    node = of(elapsed=DUE + 300.0, falling=falling)
    wires = MUTE if torn is None else ImpactState(torn=torn, latched=False)
    node.impact_sensor.answers["state"] = [wires]
    node.accelerometer.answers["state"] = [MUTE if peak is None else felt(9.8, peak)]
    signs = await sensing.landing_signs(node, await sensing.look(node))
    assert all(signs) is landed


async def test_the_watch_for_the_landing_clears_what_was_latched_once_and_ends_in_time() -> None:
    node = of(elapsed=DUE + 300.0, falling=False)
    assert await flying.watch_for_landing(node, SIGNAL) == "overdue"
    assert node.elapsed == pytest.approx(DUE + 900.0, abs=2.1)
    for name in ("g_switch", "accelerometer", "impact_sensor"):
        assert getattr(node, name).of("clear") == [()]
    node.impact_sensor.answers["state"] = [ImpactState(torn=True, latched=True)]
    node.accelerometer.answers["state"] = [felt(9.8, 2_000.0)]
    assert await flying.watch_for_landing(node, SIGNAL) == "done"
    assert node.impact_sensor.of("clear") == [()], "after a reboot it forgets no landing"


async def test_what_speaks_of_a_landing_is_not_cleared() -> None:
    for torn, peak in ((True, 0.0), (False, 2_450.0)):
        node = of(falling=False)
        node.impact_sensor.answers["state"] = [ImpactState(torn=torn, latched=torn)]
        node.accelerometer.answers["state"] = [felt(0.0, peak)]
        await sensing.clear_latches(node)
        assert not node.impact_sensor.of("clear")


async def test_on_the_ground_the_tubes_are_the_earths_when_both_agree_and_not_before() -> None:
    node = of(elapsed=DUE + 900.0)
    with_tube(node, falls=True)
    node.impact_sensor.answers["state"] = [ImpactState(torn=True, latched=True)]
    assert not await flying.settle_landing(node)
    assert node.ledger.record(TUBE).status is CustodyStatus.IN_TRANSIT
    assert "wires torn, no shock" in node.told("device_trouble")[0]["reason"]
    node.accelerometer.answers["state"] = [felt(9.8, 5_000.0)]
    assert await flying.settle_landing(node)
    record = node.ledger.record(TUBE)
    assert (record.status, record.place) == (CustodyStatus.HELD, places.EARTH)
    assert await flying.settle_landing(node), "once more is no matter"


async def test_the_beacon_is_tried_until_it_sends_and_the_end_is_told_once() -> None:
    node = of(elapsed=DUE + 900.0)
    node.beacon.answers["set_power"] = [
        MUTE, CapsuleBeaconState(on=False, power=0.0), CapsuleBeaconState(on=True, power=5.0),
    ]  # fmt: skip
    work = asyncio.ensure_future(flying.stay_on_the_ground(node, SIGNAL))
    await asyncio.sleep(29.0)
    assert not node.beacon_on
    await asyncio.sleep(32.0)
    assert node.beacon_on and node.told("beacon_sends") == [{"power": 5.0}]
    assert len(node.told("landing_unsure")) == 1 and not node.told("touched_down")
    node.beacon.answers["state"] = [CapsuleBeaconState(on=True, power=5.0)]
    looks = len(node.told("sampled"))
    await asyncio.sleep(598.0)
    assert len(node.told("sampled")) == looks
    await asyncio.sleep(2.0)
    assert len(node.told("sampled")) == looks + 1 and len(node.told("landing_unsure")) == 1
    assert len(node.beacon.of("set_power")) == 3
    work.cancel()

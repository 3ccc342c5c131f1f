"""A step of the clock fires, stretches and hides nothing; the correction is kept and told."""

import asyncio

import pytest

from flight.icd.messages import EventReport, Message, Rung, Telemetry
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import now, toy


@pytest.mark.parametrize("error", [1000.0, -1000.0, 1e5])
async def test_the_deadline_of_a_resumed_command_is_what_it_was_after_a_correction_and_a_reboot(
    rig: Rig, error: float
) -> None:
    identifier = rig.send("toy", "drive", distance=900.0)
    await asyncio.sleep(20.0)
    await rig.command("toy", "correct_clock", error=error)
    await rig.kill("toy")
    await asyncio.sleep(30.0)
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, now()) == (Rung.TIMED_OUT, 200.0)


async def test_a_correction_survives_reboots_and_adds_up(rig: Rig) -> None:
    await rig.command("toy", "correct_clock", error=100.0)
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).clock.now() == now() - 100.0
    await rig.command("toy", "correct_clock", error=-30.0)
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).clock.now() == now() - 70.0


async def test_events_and_telemetry_are_ordered_by_boot_and_number_whatever_the_clock(
    rig: Rig,
) -> None:
    heard: list[EventReport | Telemetry] = []

    def hear(message: Message) -> None:
        if isinstance(message, EventReport | Telemetry):
            heard.append(message)

    rig.observers.append(hear)
    for error in (1e5, -1e5, 1e5):
        await rig.command("toy", "correct_clock", error=error)
        await rig.command("toy", "report_status")
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    for kind in (EventReport, Telemetry):
        order = [(each.boot, each.number) for each in heard if isinstance(each, kind)]
        assert order == sorted(order)
        assert [boot for boot, _ in order][-1] == 4
        assert len({(each.boot, each.number) for each in heard if isinstance(each, kind)}) > 3
    stamps = [each.time_ns for each in heard]
    assert stamps != sorted(stamps)


async def test_the_ground_learns_of_each_correction(rig: Rig) -> None:
    await rig.command("toy", "correct_clock", error=100.0)
    await rig.command("toy", "correct_clock", error=-30.0)
    steps = [e.data for e in rig.events if e.name == "clock_corrected"]
    assert steps == [{"step": -100.0, "correction": 100.0}, {"step": 30.0, "correction": 70.0}]


async def test_a_step_of_the_clock_does_not_hide_a_row_of_boots(rig: Rig) -> None:
    await rig.command("toy", "correct_clock", error=-1e5)  # far ahead: an hour has "passed"
    before = toy(rig).boot.time
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).boot.time - before == pytest.approx(now(), abs=1.0)


async def test_the_age_of_a_channel_does_not_move_with_the_clock(rig: Rig) -> None:
    toy(rig).temperature = 280.0
    await asyncio.sleep(50.0)
    for error in (1e5, -2e5):
        toy(rig).clock.correct(error)
        assert toy(rig).channels.age("temperature") == 50.0

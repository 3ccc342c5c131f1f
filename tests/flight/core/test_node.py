"""The node: run to completion, activities of states, commands to their end."""

import asyncio

import pytest

from flight.core.chart.statechart_checks import check
from flight.core.exchanges import ExchangeFailed
from flight.icd.devices.base import DeviceTimeout
from flight.icd.messages import Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import Toy, World, now, toy


def test_the_toys_own_chart_is_sound() -> None:
    assert check(Toy.statechart) == []


# ------------------------------------------------------- states and activities


async def test_a_command_runs_its_activity_and_ends_with_its_result(rig: Rig) -> None:
    report = await rig.command("toy", "drive", distance=5.0)
    assert (report.rung, report.detail, now()) == (Rung.COMPLETED, "5 m", 5.0)
    assert rig.rungs(report.identifier) == [
        Rung.RECEIVED,
        Rung.ACCEPTED,
        Rung.STARTED,
        Rung.PROGRESS,
        Rung.COMPLETED,
    ]
    assert toy(rig).state == "idle"


async def test_a_failed_activity_fails_its_command_with_the_reason(rig: Rig) -> None:
    report = await rig.command("toy", "drive", distance=13.0)
    assert (report.rung, report.detail) == (Rung.FAILED, "thirteen metres bring bad luck")
    assert "activity_failed" in rig.event_names("toy")


@pytest.mark.requirement("NOD-02")
async def test_leaving_a_state_ends_its_activity(rig: Rig, world: World) -> None:
    identifier = rig.send("toy", "drive", distance=100.0)
    await asyncio.sleep(10.0)
    rig.send("toy", "abort_activity")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, report.detail) == (Rung.ABORTED, "commanded")
    assert world.deeds == ["drive", "stop"]
    await asyncio.sleep(1000.0)
    assert toy(rig).driven == 10.0


async def test_the_end_of_an_activity_whose_state_was_left_is_ignored(rig: Rig) -> None:
    identifier = rig.send("toy", "misbehave", way="deaf")
    await asyncio.sleep(1.0)
    rig.send("toy", "abort_activity")
    assert (await rig.wait_for_end(identifier)).rung is Rung.ABORTED
    # Its late "done" must neither end the next activity nor be reported as unhandled.
    report = await rig.command("toy", "drive", distance=5.0)
    assert (report.rung, now()) == (Rung.COMPLETED, 6.0)
    assert "signal_unhandled" not in rig.event_names("toy")


async def test_the_end_of_an_earlier_run_of_the_same_state_is_ignored(rig: Rig) -> None:
    rig.send("toy", "misbehave", way="deaf")
    await asyncio.sleep(1.0)
    rig.send("toy", "abort_activity")
    second = rig.send("toy", "misbehave", way="deaf")  # waits in the mailbox before that end
    await asyncio.sleep(50.0)
    assert rig.rungs(second)[-1] is Rung.STARTED
    assert toy(rig).state == "misbehaving"


@pytest.mark.requirement("NOD-01")
async def test_a_signal_is_taken_to_its_end_before_the_next(rig: Rig, world: World) -> None:
    await asyncio.sleep(0.0)
    for _ in range(3):
        rig.send("toy", "drive", distance=3.0)
    last = rig.send("toy", "note", text="after")
    report = await rig.wait_for_end(last)
    # The first drive holds the state; nothing that came after was let in between.
    assert report.rung is Rung.REJECTED
    assert [r.rung for r in rig.reports if r.rung is Rung.REJECTED] == [Rung.REJECTED] * 3
    assert "not allowed in state driving" in report.detail


@pytest.mark.requirement("NOD-03")
async def test_a_signal_that_no_state_handles_is_reported(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).post("leave_safe")
    event = await rig.wait_for_event("toy", "signal_unhandled")
    assert event.data == {"signal": "leave_safe", "mode": "idle"}


async def test_a_signal_that_the_chart_ignores_is_not_reported(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    assert (await rig.command("toy", "abort_activity")).rung is Rung.COMPLETED
    await asyncio.sleep(1.0)
    assert "signal_unhandled" not in rig.event_names("toy")


@pytest.mark.parametrize(
    "error", [DeviceTimeout("no answer"), ExchangeFailed("the lander refused")]
)
async def test_what_the_world_does_to_an_activity_fails_it_and_no_more(
    rig: Rig, world: World, error: Exception
) -> None:
    world.fail_with = error
    report = await rig.command("toy", "drive", distance=5.0)
    await asyncio.sleep(1.0)
    assert (report.rung, report.detail) == (Rung.FAILED, str(error))
    assert toy(rig).state == "idle"
    assert "activity_fault" not in rig.event_names("toy")


@pytest.mark.parametrize("way", ["bug", "wrong outcome", "cancelled inside"])
async def test_an_error_of_an_activitys_software_fails_the_command_and_leads_to_safe(
    rig: Rig, way: str
) -> None:
    report = await rig.command("toy", "misbehave", way=way)
    assert report.rung is Rung.FAILED
    await rig.wait_for_state("toy", "safe")
    assert "activity_fault" in rig.event_names("toy")


async def test_an_outcome_that_nobody_handles_is_reported_and_ends_at_the_deadline(
    rig: Rig,
) -> None:
    report = await rig.command("toy", "misbehave", way="unknown outcome")
    assert (report.rung, now()) == (Rung.TIMED_OUT, 100.0)
    assert "signal_unhandled" in rig.event_names("toy")


async def test_an_error_in_a_transition_fails_the_command_and_leads_to_safe(rig: Rig) -> None:
    report = await rig.command("toy", "trip_early")
    assert report.rung is Rung.FAILED
    assert "measuring was not entered" in report.detail
    await rig.wait_for_state("toy", "safe")
    assert "statechart_fault" in rig.event_names("toy")


async def test_a_guard_that_does_not_hold_rejects_the_command(rig: Rig) -> None:
    report = await rig.command("toy", "measure")
    assert (report.rung, "conditions" in report.detail) == (Rung.REJECTED, True)
    toy(rig).mast_deployed = True
    assert (await rig.command("toy", "measure")).rung is Rung.COMPLETED


# ------------------------------------------------------------ deadlines, urgency


@pytest.mark.requirement("CMD-08")
async def test_a_command_past_its_deadline_is_timed_out_and_its_activity_ended(
    rig: Rig, world: World
) -> None:
    report = await rig.command("toy", "drive", distance=900.0)
    assert (report.rung, now()) == (Rung.TIMED_OUT, 200.0)
    assert (toy(rig).state, world.deeds) == ("idle", ["drive", "stop"])


async def test_the_deadline_of_a_command_that_ended_in_time_does_nothing(rig: Rig) -> None:
    await rig.command("toy", "drive", distance=5.0)
    report = await rig.command("toy", "drive", distance=203.0)  # begins at 5 s, drives 198 m
    assert report.rung is Rung.COMPLETED
    assert len([r for r in rig.reports if r.rung is Rung.TIMED_OUT]) == 0


async def test_a_command_beside_the_statechart_has_its_deadline_too(rig: Rig) -> None:
    assert (await rig.command("toy", "ponder", seconds=50.0)).detail == "pondered"
    assert (await rig.command("toy", "ponder", seconds=70.0)).rung is Rung.TIMED_OUT
    failed = await rig.command("toy", "ponder", seconds=13.0)
    assert (failed.rung, failed.detail) == (Rung.FAILED, "RuntimeError: thirteen")


async def test_an_error_of_a_commands_method_fails_it_and_the_node_goes_on(rig: Rig) -> None:
    report = await rig.command("toy", "note", text="bug")
    assert (report.rung, report.detail) == (Rung.FAILED, "ZeroDivisionError: a bug")
    assert "command_fault" in rig.event_names("toy")
    assert (await rig.command("toy", "note", text="fine")).rung is Rung.COMPLETED


async def test_urgent_signals_go_before_all_that_waits(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).post("leave_safe")  # of use only in the safe state
    toy(rig).go_safe("test")
    await asyncio.sleep(1.0)
    changes = [event.data["signal"] for event in rig.events if event.name == "mode_changed"]
    assert changes == ["enter_safe", "leave_safe"]


@pytest.mark.requirement("CMD-09")
async def test_safe_goes_before_commands_that_wait(rig: Rig, world: World) -> None:
    identifiers = [rig.send("toy", "note", text=str(number)) for number in range(20)]
    rig.send("toy", "enter_safe")
    for identifier in identifiers:
        await rig.wait_for_end(identifier)
    await rig.wait_for_state("toy", "safe")
    assert len(world.deeds) < 20


async def test_a_flood_of_signals_is_dropped_and_reported(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for number in range(1500):
        node.post("leave_safe", number=number)
    assert node.mailbox.dropped == 500
    await rig.wait_for_event("toy", "signal_dropped")


# ---------------------------------------------------------------------- ladder


@pytest.mark.requirement("CMD-03")
async def test_a_repeated_command_is_answered_from_history(rig: Rig, world: World) -> None:
    first = await rig.wait_for_end(rig.send("toy", "note", identifier="a", text="once"))
    rig.send("toy", "note", identifier="a", text="once")
    await asyncio.sleep(1.0)
    assert world.deeds == ["once"]
    repeats = [report for report in rig.reports if report.repeated]
    assert [(r.identifier, r.rung) for r in repeats] == [("a", first.rung)]


async def test_a_method_may_refuse_with_a_sentence(rig: Rig) -> None:
    report = await rig.command("toy", "note", text="never")
    assert report.rung is Rung.REJECTED
    assert "allowed is anything else" in report.detail


async def test_unknown_commands_and_wrong_targets_are_rejected_with_what_there_is(
    rig: Rig,
) -> None:
    report = await rig.command("toy", "fly")
    assert report.rung is Rung.REJECTED
    assert "no command 'fly'" in report.detail and "drive" in report.detail

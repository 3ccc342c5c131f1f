"""The node: run to completion, activities of states, commands to their end, reboots, services."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flight.core.context import POWER_OFF_AFTER
from flight.core.exchanges import ExchangeFailed
from flight.icd.custody_record import Evidence
from flight.icd.devices.base import DeviceTimeout
from flight.icd.messages import Message, Rung, Severity
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import SPEED, Toy, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def rig(tmp_path: Path, world: World) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        rig.add_node(Toy, SPEED, mission={"world": world})
        yield rig


def now() -> float:
    return asyncio.get_running_loop().time()


def toy(rig: Rig) -> Toy:
    node = rig.nodes["toy"]
    assert isinstance(node, Toy)
    return node


def test_the_toys_own_chart_is_sound() -> None:
    assert Toy.statechart.check() == []


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


# --------------------------------------------------------------------- reboots


async def test_a_killed_node_resumes_a_command_and_does_the_rest(rig: Rig, world: World) -> None:
    identifier = rig.send("toy", "drive", distance=50.0)
    await asyncio.sleep(20.5)
    toy(rig).storage.put("toy", "driven", toy(rig).driven)
    await rig.kill("toy")
    await asyncio.sleep(100.0)
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, now()) == (Rung.COMPLETED, 150.5)
    assert rig.rungs(identifier).count(Rung.STARTED) == 1
    assert world.deeds == ["drive", "stop", "drive", "stop"]


async def test_a_command_that_does_not_resume_is_aborted_by_a_reboot(rig: Rig) -> None:
    toy(rig).mast_deployed = True
    identifier = rig.send("toy", "measure")
    await asyncio.sleep(10.0)
    await rig.kill("toy")
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, report.detail) == (Rung.ABORTED, "interrupted by a reboot")
    assert toy(rig).state == "idle"


async def test_the_deadline_of_a_resumed_command_counts_the_time_before_the_reboot(
    rig: Rig,
) -> None:
    identifier = rig.send("toy", "drive", distance=900.0)
    await asyncio.sleep(50.0)
    await rig.kill("toy")
    await asyncio.sleep(60.0)
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, now()) == (Rung.TIMED_OUT, 200.0)


async def test_a_command_whose_deadline_passed_while_the_node_was_down_is_not_resumed(
    rig: Rig, world: World
) -> None:
    identifier = rig.send("toy", "drive", distance=900.0)
    await asyncio.sleep(50.0)
    await rig.kill("toy")
    await asyncio.sleep(500.0)
    await rig.restart("toy")
    assert (await rig.wait_for_end(identifier)).rung is Rung.TIMED_OUT
    assert world.deeds.count("drive") == 1


async def test_a_node_comes_up_in_the_state_in_which_it_rested(rig: Rig) -> None:
    await rig.command("toy", "enter_safe")
    await rig.wait_for_state("toy", "safe")
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).state == "safe"


async def test_after_too_many_boots_a_node_comes_up_reduced_and_resumes_nothing(
    rig: Rig, world: World
) -> None:
    identifier = rig.send("toy", "drive", distance=150.0)
    await asyncio.sleep(1.0)
    for _ in range(3):
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    assert toy(rig).boot.reduced
    assert toy(rig).state == "safe"
    assert "boot_reduced" in rig.event_names("toy")
    assert (await rig.wait_for_end(identifier)).rung is Rung.ABORTED


async def test_a_commanded_reboot_is_planned_and_the_way_out_of_a_reduced_boot(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    for _ in range(3):
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    assert toy(rig).boot.reduced
    report = await rig.command("toy", "reboot")
    assert report.rung is Rung.COMPLETED
    await rig.wait_for_state("toy", "idle")
    assert (toy(rig).boot.number, toy(rig).boot.planned, toy(rig).boot.reduced) == (5, True, False)


async def test_a_decommissioned_node_says_its_last_words_and_is_off_for_good(rig: Rig) -> None:
    switched_off: list[tuple[str, float]] = []
    rig.on_power_off = lambda name: switched_off.append((name, now()))
    report = await rig.command("toy", "decommission")
    assert (report.rung, report.detail) == (Rung.COMPLETED, "off in a sol")
    commanded = now()
    await asyncio.sleep(POWER_OFF_AFTER - 1.0)
    assert (await rig.command("toy", "note", text="still here")).rung is Rung.COMPLETED
    await asyncio.sleep(10.0)
    assert "toy" not in rig.nodes
    assert switched_off == [("toy", commanded + POWER_OFF_AFTER)]
    heard: list[Message] = []
    rig.observers.append(heard.append)
    rig.send("toy", "note", text="anybody?")
    await asyncio.sleep(POWER_OFF_AFTER)
    assert heard == []


async def test_decommissioning_needs_arming_as_all_that_cannot_be_undone(rig: Rig) -> None:
    report = await rig.wait_for_end(rig.send("toy", "decommission"))
    assert report.rung is Rung.REJECTED
    await asyncio.sleep(2 * POWER_OFF_AFTER)
    assert (await rig.command("toy", "note", text="still here")).rung is Rung.COMPLETED


async def test_a_node_that_nobody_can_switch_off_refuses_to_be_decommissioned(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).context.request_power_off = None
    report = await rig.command("toy", "decommission")
    assert report.rung is Rung.REJECTED
    assert "nobody here can switch toy off" in report.detail


async def test_boots_that_last_are_stable_and_never_add_up(rig: Rig) -> None:
    for _ in range(6):
        await asyncio.sleep(1000.0)
        await rig.kill("toy")
        await asyncio.sleep(3600.0)
        await rig.restart("toy")
    assert not toy(rig).boot.reduced


async def test_an_error_when_the_first_state_is_entered_leads_to_safe(
    rig: Rig, world: World
) -> None:
    world.fail_on_boot = True
    await rig.kill("toy")
    await rig.restart("toy")
    await asyncio.sleep(1.0)
    assert toy(rig).state == "safe"
    assert "statechart_fault" in rig.event_names("toy")


async def test_a_damaged_rest_state_leads_to_safe_and_is_reported(rig: Rig) -> None:
    await rig.command("toy", "drive", distance=1.0)
    storage = toy(rig).storage
    storage._query("UPDATE record SET crc = crc + 1 WHERE namespace = 'node'")
    await rig.kill("toy")
    await rig.restart("toy")
    await asyncio.sleep(1.0)
    assert toy(rig).state == "safe"
    assert "record_damaged" in rig.event_names("toy")


# ------------------------------------------------------- parameters, sequences


async def test_parameters_are_loaded_checked_activated_and_kept(rig: Rig) -> None:
    assert (await rig.command("toy", "load_parameters", values={"speed": 2.0})).rung is (
        Rung.COMPLETED
    )
    assert toy(rig).parameters["speed"] == 1.0
    await rig.command("toy", "activate_parameters")
    assert toy(rig).parameters["speed"] == 2.0
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).parameters["speed"] == 2.0


async def test_refused_parameters_say_why_and_change_nothing(rig: Rig) -> None:
    report = await rig.command("toy", "load_parameters", values={"speed": 9.0})
    assert report.rung is Rung.REJECTED
    assert "speed = 9.0: allowed is a finite float from 0.0 to 5.0 m/s" in report.detail
    assert (await rig.command("toy", "activate_parameters")).rung is Rung.REJECTED


def entry(name: str, delay: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"kind": "relative", "delay": delay, "target": "toy", "command": name, **more}


async def start(rig: Rig, *entries: dict[str, Any]) -> None:
    loaded = await rig.command("toy", "load_sequence", sequence={"name": "s", "entries": entries})
    assert loaded.rung is Rung.COMPLETED, loaded.detail
    assert (await rig.command("toy", "start_sequence", name="s")).rung is Rung.COMPLETED


async def test_a_sequence_runs_its_commands_one_after_the_other(rig: Rig, world: World) -> None:
    await start(
        rig,
        entry("note", arguments={"text": "before"}),
        entry("drive", 10.0, arguments={"distance": 5.0}),
        entry("note", 10.0, arguments={"text": "after"}),
    )
    await asyncio.sleep(100.0)
    assert world.deeds == ["before", "drive", "stop", "after"]


async def test_a_sequence_goes_on_after_a_reboot(rig: Rig, world: World) -> None:
    await start(rig, *[entry("note", 10.0, arguments={"text": str(n)}) for n in range(5)])
    await asyncio.sleep(25.0)
    await rig.kill("toy")
    await asyncio.sleep(25.0)
    await rig.restart("toy")
    await asyncio.sleep(1000.0)
    assert world.deeds == ["0", "1", "2", "3", "4"]


async def test_a_sequence_arms_and_fires_a_hazardous_command(rig: Rig, world: World) -> None:
    tube = {"tube": "M14"}
    await start(
        rig,
        entry("release", arguments=tube, stage="arm", lifetime=60.0),
        entry("release", 30.0, arguments=tube, stage="fire"),
    )
    await asyncio.sleep(100.0)
    assert world.deeds == ["release M14"]


async def test_a_sequence_that_only_runs_a_hazardous_command_is_refused_at_load(rig: Rig) -> None:
    sequence = {"name": "s", "entries": [entry("release", arguments={"tube": "M14"})]}
    report = await rig.command("toy", "load_sequence", sequence=sequence)
    assert report.rung is Rung.REJECTED
    assert "ARM it, then FIRE" in report.detail


async def test_entering_safe_ends_running_sequences(rig: Rig, world: World) -> None:
    await start(rig, entry("note", 100.0, arguments={"text": "too late"}))
    await rig.command("toy", "enter_safe")
    await rig.wait_for_state("toy", "safe")
    await rig.command("toy", "leave_safe")
    await asyncio.sleep(1000.0)
    assert world.deeds == []
    assert toy(rig).sequences.unfinished() == []


async def test_a_reduced_boot_ends_sequences(rig: Rig, world: World) -> None:
    await start(rig, entry("note", 100.0, arguments={"text": "too late"}))
    for _ in range(3):
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    assert toy(rig).boot.reduced
    await asyncio.sleep(1000.0)
    assert world.deeds == []


async def test_a_corrected_clock_moves_what_a_sequence_waits_for(rig: Rig, world: World) -> None:
    await start(
        rig,
        {
            "kind": "absolute",
            "time": 500.0,
            "late": "run",
            "target": "toy",
            "command": "note",
            "arguments": {"text": "now"},
        },
    )
    await asyncio.sleep(10.0)
    await rig.command("toy", "correct_clock", error=-460.0)  # the clock goes from 10 to 470 s
    assert toy(rig).clock.now() == 470.0
    await asyncio.sleep(29.0)
    assert world.deeds == []
    await asyncio.sleep(1.5)  # less than the sequence would sleep until it looks by itself
    assert world.deeds == ["now"]


# ------------------------------------------------------------ events, channels


async def test_a_flood_of_one_event_is_throttled_and_others_pass(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for number in range(500):
        node.chatter(number=number)
        node.doom(number=number)
    await asyncio.sleep(1.0)
    names = rig.event_names("toy")
    assert 30 < names.count("chatter") < 60
    assert names.count("doom") == 500
    assert names.count("events_throttled") == 1
    await asyncio.sleep(3600.0)
    released = [event for event in rig.events if event.name == "events_throttled"][1:]
    assert [event.data["suppressed"] for event in released] == [500 - names.count("chatter")]


async def test_an_event_with_wrong_arguments_is_still_reported(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).chatter(nonsense=1)
    event = await rig.wait_for_event("toy", "chatter")
    assert "KeyError" in event.text and event.severity is Severity.DIAGNOSTIC


async def test_a_channel_that_crosses_a_limit_is_an_event(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for kelvin in (280.0, 315.0, 330.0, 280.0):
        node.temperature = kelvin
    await asyncio.sleep(1.0)
    crossings = [(e.name, e.data["state"]) for e in rig.events if e.name.startswith("limit_")]
    assert crossings == [("limit_crossed", "YELLOW"), ("limit_red", "RED"), ("limit_crossed", "OK")]


async def test_not_a_number_is_no_valid_value(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    node.temperature = 280.0
    node.temperature = float("nan")
    assert node.temperature is None


async def test_an_override_pins_a_channel_until_it_is_released(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    node.temperature = 280.0
    node.channels.override("temperature", 330.0)
    node.temperature = 281.0
    assert node.temperature == 330.0
    await rig.wait_for_event("toy", "limit_red")
    node.channels.release("temperature")
    node.temperature = 281.0
    assert node.temperature == 281.0


async def test_changed_channels_are_published_with_the_next_housekeeping(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).temperature = 280.0
    await asyncio.sleep(1.0)
    assert "temperature" not in rig.telemetry["toy"]
    await asyncio.sleep(600.0)
    assert rig.telemetry["toy"]["temperature"] == 280.0


async def test_devices_that_cannot_be_sampled_do_not_end_the_node(rig: Rig, world: World) -> None:
    world.sample = DeviceTimeout("dead")
    await asyncio.sleep(700.0)
    assert "sample_failed" in rig.event_names("toy")
    world.sample = None
    assert (await rig.command("toy", "note", text="alive")).rung is Rung.COMPLETED


async def test_the_watchdog_is_petted_while_the_mailbox_is_worked_off(rig: Rig) -> None:
    await asyncio.sleep(3600.0)
    assert toy(rig).health.petted >= 4
    assert toy(rig).health.withheld == 0


async def test_a_reboot_says_again_what_the_ledger_holds(rig: Rig) -> None:
    toy(rig).ledger.adopt("M2020-00337-08", "ground", Evidence("map", "laid down there"))
    await asyncio.sleep(1.0)
    await rig.kill("toy")
    told = len(rig.custody)
    await rig.restart("toy")
    await asyncio.sleep(1.0)
    again = [report.record["tube"] for report in rig.custody[told:]]
    assert again == ["M2020-00337-08"]

"""Commands over light time, passes, loss, copies and restarts: each of them ends once."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.messages import Command, Rung, Severity

DRIVE = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5.0}"
Fly = Callable[..., Any]


def obeyed(ground: Any) -> list[str]:
    return [order.identifier for order in ground.vehicle.obeyed]


def verdicts(ground: Any) -> list[str | None]:
    return [command.verdict for command in ground.control.tracker.commands()]


def test_a_command_goes_up_and_its_rungs_come_down(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        outcome = await ground.run()
        archive = ground.control.archive
        times = archive.rows("SELECT occurred_ns, received_ns FROM rungs WHERE rung = 'RECEIVED'")
        return outcome, verdicts(ground), archive.rungs("mc-0-00001"), times, ground.stations.now

    outcome, given, rungs, times, ended = fly(DRIVE + "}\n", flight)
    assert outcome.verdict == "complete"
    assert given == ["COMPLETED"]
    assert rungs == ["RECEIVED", "ACCEPTED", "STARTED", "COMPLETED"]
    assert times == [(600_000_000_000, 1_200_000_000_000)]  # light time up, light time down
    assert ended == pytest.approx(1300.0)


@pytest.mark.requirement("BUS-05")
def test_a_lost_command_is_sent_again_under_the_same_identifier(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.lose_up = lambda number: number <= 2
        await ground.run()
        return ground.stations.sent, obeyed(ground), ground.control.tracker.commands()

    sent, done, [command] = fly(DRIVE + "}\n", flight)
    assert sent == 3
    assert done == ["mc-0-00001"]
    assert command.verdict == "COMPLETED"
    assert command.attempts == 3


def test_lost_reports_are_asked_for_and_the_command_runs_once(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.lose_down = lambda number: number <= 4  # the whole first ladder
        await ground.run()
        return obeyed(ground), len(ground.vehicle.received), verdicts(ground)

    done, received, given = fly(DRIVE + "}\n", flight)
    assert done == ["mc-0-00001"]
    assert received == 2
    assert given == ["COMPLETED"]


def test_a_lost_last_report_is_asked_for_after_the_deadline_on_board(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.lose_down = lambda number: number == 4  # COMPLETED
        await ground.run()
        return ground.control.tracker.commands()[0], obeyed(ground), ground.stations.now

    command, done, ended = fly(DRIVE + "}\n", flight)
    assert command.verdict == "COMPLETED"
    assert done == ["mc-0-00001"]
    assert ended > 600 + 3600  # not before the vehicle would have ended it by itself


def test_silence_ends_as_unanswered_after_bounded_repeats(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.lose_up = lambda number: True
        outcome = await ground.run()
        return outcome, ground.stations.sent, ground.control.tracker.commands()[0]

    outcome, sent, command = fly(DRIVE + "}\n", flight)
    assert (outcome.verdict, command.verdict, sent) == ("failed", "UNANSWERED", 4)
    assert "test.yaml:6, steps[0]: rover drive ended UNANSWERED" in outcome.reason


def test_what_is_late_is_not_timed_out(fly: Fly) -> None:
    async def late(ground: Any) -> Any:
        ground.stations.lose_up = lambda number: number == 1
        seen: dict[str, None] = {}

        async def look() -> None:
            while True:
                seen.update({each.status: None for each in ground.control.tracker.commands()})
                await asyncio.sleep(50.0)

        ground._nursery.start(look(), name="look")
        await ground.run()
        rows = ground.control.archive.rows("SELECT verdict, late FROM commands")
        return list(seen), rows

    seen, rows = fly(DRIVE + "}\n", late)
    assert seen[:2] == ["SENT", "LATE"]
    assert "TIMED_OUT" not in seen
    assert rows == [("COMPLETED", 1)]


def test_the_vehicles_own_time_out_is_the_verdict(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.vehicle.ending = Rung.TIMED_OUT
        outcome = await ground.run()
        return outcome.verdict, ground.control.archive.rows("SELECT verdict, late FROM commands")

    assert fly(DRIVE + "}\n", flight) == ("failed", [("TIMED_OUT", 0)])


@pytest.mark.parametrize("seed", range(8))
def test_copies_disorder_and_loss_leave_one_verdict_each(fly: Fly, seed: int) -> None:
    steps = DRIVE + ", on_failure: continue}\n"

    async def flight(ground: Any) -> Any:
        stations = ground.stations
        stations.copies, stations.jitter = 3, 20_000.0
        stations.lose_up = lambda number: stations.random.random() < 0.2
        stations.lose_down = lambda number: stations.random.random() < 0.3
        await ground.run()
        archive = ground.control.archive
        verdict_rows = archive.rows("SELECT COUNT(*), COUNT(verdict) FROM commands")
        distinct = archive.rows("SELECT identifier, occurred_ns, rung, repeated FROM rungs")
        return obeyed(ground), verdict_rows, len(distinct) == len(set(distinct)), verdicts(ground)

    done, rows, no_copies, given = fly(steps * 5, flight, seed)
    assert rows == [(5, 5)]
    assert no_copies
    assert len(done) == len(set(done))
    assert given.count("COMPLETED") >= 4


@pytest.mark.parametrize("answers", [True, False])
def test_it_says_that_it_has_begun_when_the_stations_have_been_asked(
    fly: Fly, answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who lets people in waits for that; stations that do not answer keep nobody out."""

    async def flight(ground: Any) -> Any:
        known = list[tuple[int, bool]]()
        asks, told = ground.stations.status, list[float]()

        async def status() -> Any:
            told.append(ground.stations.now)
            if not answers and len(told) == 1:
                raise DeviceFault("no_power", "the stations are dark")
            return await asks()

        monkeypatch.setattr(ground.stations, "status", status)
        await ground.control.run(
            lambda: known.append((len(told), ground.control.stations.status is not None))
        )
        return known

    assert fly(DRIVE + "}\n", flight) == [(1, answers)]


@pytest.mark.parametrize("instant", [1.0, 599.0, 700.0, 1250.0, 1299.0, 1400.0, 11_000.0])
def test_a_killed_ground_goes_on_and_sends_nothing_under_another_name(
    fly: Fly, instant: float
) -> None:
    async def flight(ground: Any) -> Any:
        await ground.run_and_kill_at(instant)
        await asyncio.sleep(500.0)
        ground.start()
        outcome = await ground.run()
        return outcome.verdict, obeyed(ground), verdicts(ground)

    verdict, done, given = fly((DRIVE + "}\n") * 2, flight)
    assert verdict == "complete"
    assert done == ["mc-0-00001", "mc-0-00002"]
    assert given == ["COMPLETED", "COMPLETED"]


def test_a_command_that_waits_for_the_link_survives_a_kill(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.blocked_until = 5000.0
        await ground.run_and_kill_at(1000.0)
        ground.start()
        await ground.run()
        return obeyed(ground), ground.control.archive.rows("SELECT outcome FROM uplinks")

    done, outcomes = fly(DRIVE + "}\n", flight)
    assert done == ["mc-0-00001"]
    assert outcomes[-1] == ("sent",)
    assert "behind Mars" in outcomes[0][0]


def test_hazardous_commands_are_armed_and_fired_in_one_frame(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        await ground.run()
        return [(o.identifier, o.stage, o.lifetime) for o in ground.vehicle.received], (
            ground.stations.sent
        )

    step = "  - {do: command, vehicle: rover, command: release, arguments: {tube: M1}}\n"
    orders, sent = fly(step, flight)
    assert orders == [("mc-0-00001", "arm", 300.0), ("mc-0-00002", "fire", 0.0)]
    assert sent == 1


def test_everything_that_came_is_in_the_archive_with_both_times(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.copies = 2
        loop = asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.telemetry(charge=0.5))
        loop.call_at(200.0, lambda: ground.vehicle.event("arrived", place="M1"))
        loop.call_at(300.0, lambda: ground.vehicle.custody("M1", "rover_rack"))
        await ground.run()
        ground.control.write_manifest()
        ground.control.archive.flush()
        with sqlite3.connect(ground.control.archive.path) as database:
            samples = database.execute("SELECT * FROM telemetry").fetchall()
            events = database.execute("SELECT * FROM event_log").fetchall()
            custody = database.execute("SELECT tube, occurred_s, place, verified_by, reading "
                                       "FROM custody_chain").fetchall()  # fmt: skip
            ladder = database.execute("SELECT rung FROM ladder").fetchall()
        return samples, events, custody, ladder, (ground.folder / "manifest.md").read_text()

    samples, events, custody, ladder, manifest = fly(DRIVE + "}\n", flight)
    assert samples == [("rover", "charge", 100.0, 700.0, 0.5, "1")]
    assert [row[:6] for row in events] == [
        (200.0, 800.0, "rover", "ACTIVITY_HI", "arrived", "arrived")
    ]
    assert custody == [("M1", 300.0, "rover_rack", "camera", "seen")]
    assert [rung for (rung,) in ladder] == ["RECEIVED", "ACCEPTED", "STARTED", "COMPLETED"]
    assert "| M1 | Malay | igneous core | rover_rack, held by rover |" in manifest
    assert "| M2 | Mageik |  | no ledger has reported it yet |" in manifest


def test_alarms_are_listed_until_acknowledged_also_after_a_restart(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        vehicle, loop = ground.vehicle, asyncio.get_running_loop()
        loop.call_at(100.0, lambda: vehicle.event("motor_fault", Severity.WARNING_HI, wheel=3))
        limit = {"channel": "charge", "value": 0.1}
        loop.call_at(
            200.0,
            lambda: vehicle.event("limit_red", Severity.WARNING_HI, state="RED", **limit),
        )
        loop.call_at(
            250.0,
            lambda: vehicle.event("limit_cleared", Severity.ACTIVITY_LO, state="OK", **limit),
        )
        await ground.run_and_kill_at(1290.0)
        ground.start()
        await ground.run()
        alarms = ground.control.alarms
        before = [(alarm.name, alarm.state) for alarm in alarms.open()]
        alarms.acknowledge(1, "operator", "seen")
        alarms.acknowledge(2, "operator")
        with pytest.raises(ValueError, match="alarm 2 waits for no acknowledgement: allowed none"):
            alarms.acknowledge(2, "operator")
        return before, alarms.open()

    before, after = fly(DRIVE + "}\n", flight)
    assert before == [("motor_fault", "ACTIVE"), ("limit charge", "RETURNED")]
    assert after == []


def test_copies_of_an_event_count_once_in_an_alarm(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.copies, ground.stations.jitter = 3, 50.0
        loop = asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.event("motor_fault", Severity.WARNING_HI))
        await ground.run()
        return [alarm.count for alarm in ground.control.alarms.all()]

    assert fly(DRIVE + "}\n", flight) == [1]


def test_custody_that_came_down_survives_the_death_of_the_ground(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.custody("M1", "container"))
        await ground.run_and_kill_at(620.0)
        ground.start()
        await ground.run()
        return ground.control.custody.place("M1")

    assert fly("  - {do: pause, seconds: 1000}\n", flight) == "container"


def test_a_frame_that_the_stations_refuse_holds_up_nobody(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.refused = ("lander",)
        orders = [Command("other-1", "mav", "wake", {}, "mission_control")]
        ground.control.tracker.issue("test", orders, 60.0)
        outcome = await ground.run()
        return outcome.verdict, verdicts(ground), obeyed(ground)

    given = fly(DRIVE + "}\n", flight)
    assert given == ("complete", ["UNANSWERED", "COMPLETED"], ["mc-0-00002"])


@pytest.mark.parametrize("killed", [605.0, 611.0, 625.0, 700.0])
def test_frames_that_came_down_while_the_ground_was_dead_are_fetched(
    fly: Fly, killed: float
) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        for number in range(1, 9):  # on the ground from 610 s on, every 10 s
            loop.call_at(10.0 * number, lambda n=number: ground.vehicle.telemetry(charge=n / 10.0))
        loop.call_at(55.0, lambda: ground.vehicle.custody("M1", "rover_rack"))
        loop.call_at(75.0, lambda: ground.vehicle.event("arrived", place="M1"))
        await ground.run_and_kill_at(killed)
        await asyncio.sleep(800.0 - ground.stations.now)
        ground.start()
        await ground.run()
        archive = ground.control.archive
        frames = archive.rows("SELECT frame, COUNT(*) FROM downlinks GROUP BY frame")
        samples = [value for _, value in archive.samples("rover", "charge")]
        return frames, samples, ground.control.custody.place("M1"), len(archive.events("rover"))

    frames, samples, place, events = fly("  - {do: pause, seconds: 1000}\n", flight)
    assert frames == [(number, 1) for number in range(1, 11)]
    assert samples == [n / 10.0 for n in range(1, 9)]
    assert (place, events) == ("rover_rack", 1)


def test_a_frame_that_the_stations_kept_no_longer_is_said_to_be_lost(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        for number in range(1, 6):
            loop.call_at(10.0 * number, lambda n=number: ground.vehicle.telemetry(charge=n / 10.0))
        await ground.run_and_kill_at(605.0)
        await asyncio.sleep(100.0)
        del ground.stations.kept[:2]
        ground.start()
        await ground.run()
        archive = ground.control.archive
        texts = archive.rows("SELECT text FROM procedure_log WHERE step = 'reception'")
        return [value for _, value in archive.samples("rover", "charge")], texts

    samples, texts = fly("  - {do: pause, seconds: 1000}\n", flight)
    assert samples == [0.3, 0.4, 0.5]
    assert texts == [("2 frames up to number 2 are not kept any more",)]


@pytest.mark.requirement("REC-04")
def test_a_shelved_alarm_comes_back_by_itself_also_after_a_restart(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.event("motor_fault", Severity.WARNING_HI))
        heard: list[tuple[str, float]] = []

        def watch() -> None:
            alarms = ground.control.alarms
            alarms.on_change = lambda what, who, alarm: heard.append((what, loop.time()))

        def shelve() -> None:
            ground.control.alarms.shelve(1, "anna", round(1260.25e9), "known")

        loop.call_at(1200.0, shelve)
        await ground.run_and_kill_at(1215.0)
        ground.start()
        watch()
        loop.call_at(1250.0, lambda: heard.append(("before", loop.time())))
        await ground.run()
        return heard, ground.control.alarms.unacknowledged()

    heard, waiting = fly(DRIVE + "}\n", flight)
    assert heard[0] == ("before", 1250.0)
    assert heard[1][0] == "unshelved"
    assert heard[1][1] == pytest.approx(1260.25, abs=1e-3)
    assert [alarm.number for alarm in waiting] == [1]

"""Procedures: refused at load with file, line, key and what is allowed; run as they say."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from flight.icd.messages import Rung
from ground.mission_control.procedures.reading import Program

Fly = Callable[..., Any]
Load = Callable[[str], Program]

DRIVE = "do: command, vehicle: rover, command: drive"


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (f"  - {{{DRIVE}, arguments: {{distance: 500}}}}", 6, "steps[0].arguments: drive: argument "
         "distance = 500: allowed is a finite number >= 0 and <= 100, in m"),
        ("  - do: command\n    vehicle: rover\n    command: drve", 6,
         "rover has no command 'drve': allowed is one of \"drive\", \"leave_safe\", "),
        ("  - {do: dance}", 6, "steps[0].do = \"dance\": allowed is one of"),
        (f"  - {{{DRIVE}, arguments: {{distance: 1}}, limit: 3}}", 6, "limit is not a known key"),
        ("  - do: goto\n    to: nowhere", 7, "steps[0].to = 'nowhere' is no label"),
        ("  - do: phase\n    phase: third", 7, "steps[0].phase = 'third': allowed is one of"),
        ("  - {do: wait_for_event, vehicle: rover, event: gone, limit_sols: 1}", 6,
         "rover has no event 'gone'"),
        ("  - {do: pause, sols: 1, on_failure: maybe}", 6, "steps[0].on_failure"),
        ("  - {do: pause, sols: 1}\n"
         "  - {do: for_each, variable: tube, items: '${tubs}', steps: []}", 7,
         "steps[1].items names ${tubs}: allowed is one of"),
        ("  - do: for_each\n    variable: tube\n    items: ${tubes}\n    steps:\n"
         "      - {do: pause, sols: 1}\n      - {do: goto, to: nxt}", 11,
         "steps[0].steps[1].to = 'nxt' is no label: allowed is \"next\" (did you mean next?)"),
        ("  - {do: branch, then: a, label: a}", 6, "exactly one of verdict, telemetry, custody"),
        ("  - {do: assert_custody, tubes: [M1], places: [moon]}", 6, 'places[0] = "moon"'),
        ("  - {do: command, vehicle: rover, command: drive, from_event: {vehicle: rover,"
         " event: arrived, fields: {distanze: place}}}", 6, "drive has no argument 'distanze'"),
        ("  - {do: command, vehicle: rover, command: drive, from_event: {vehicle: rover,"
         " event: arrived, fields: {}}}", 6, "drive needs the argument 'distance'"),
        ("  - {do: assert_custody, tubes: [M1], places: [orbit], at_least: 2}", 6,
         "steps[0].at_least = 2: allowed is at most 1"),
        ("  - do: branch\n    then: a\n    label: a\n"
         "    custody: {tubes: [M1, M2], places: [orbit], at_least: 3}", 9,
         "steps[0].custody.at_least = 3: allowed is at most 2"),
        ("  - {do: complete_product, vehicle: rover, channel: charge, announced: pieces,"
         " command: send_pieces, limit_sols: 1}", 6,
         "steps[0].channel = 'charge' is of type number: allowed is a channel of type text"),
        ("  - {do: complete_product, vehicle: rover, channel: piece, announced: piece,"
         " command: send_pieces, limit_sols: 1}", 6,
         "steps[0].announced = 'piece' is of type text: allowed is a channel of type integer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_load(load: Load, text: str, line: int, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(text + "\n")
    assert f"test.yaml:{line}: " in str(refused.value)
    assert sentence in str(refused.value)


@pytest.fixture
def load(procedure: Load) -> Load:
    return procedure


def test_loops_are_unrolled_with_typed_variables(load: Load) -> None:
    program = load(
        "  - do: for_each\n    variable: tube\n    items: ${tubes}\n    steps:\n"
        f"      - {{{DRIVE}, arguments: {{distance: '${{tube.east}}'}}, on_failure: goto next}}\n"
        "      - {do: assert_custody, tubes: ['${tube.id}'], places: [rover_rack]}\n"
        "  - {do: pause, sols: 1}\n"
    )
    steps = [each.step for each in program.instructions]
    assert [getattr(step, "arguments", None) for step in steps[::2]][:2] == [
        {"distance": 1.5},
        {"distance": 2.5},
    ]
    assert steps[1].tubes == ["M1"]  # type: ignore[attr-defined]
    assert [each.on_failure for each in program.instructions] == [2, None, 4, None, None]
    assert program.instructions[2].path == "steps[0].steps[0](2)"


def test_steps_wait_for_events_telemetry_custody_and_time(fly: Fly) -> None:
    text = (
        "  - {do: wait_for_event, vehicle: rover, event: arrived, where: {place: M2},"
        " limit_sols: 1}\n"
        "  - {do: phase, phase: second}\n"
        "  - {do: wait_for_telemetry, vehicle: rover, channel: charge, comparison: '>=',"
        " value: 0.8, limit_sols: 1}\n"
        "  - {do: assert_custody, tubes: [M1], places: [rover_rack, container], limit_sols: 1}\n"
        "  - {do: wait_until, sol: 2, lmst: 9.5}\n"
        "  - {do: pause, seconds: 60}\n"
    )

    async def flight(ground: Any) -> Any:
        loop, vehicle = asyncio.get_running_loop(), ground.vehicle
        loop.call_at(100.0, lambda: vehicle.event("arrived", place="M1"))
        loop.call_at(200.0, lambda: vehicle.event("arrived", place="M2"))
        loop.call_at(300.0, lambda: vehicle.telemetry(charge=0.5))
        loop.call_at(400.0, lambda: vehicle.telemetry(charge=0.9))
        loop.call_at(500.0, lambda: vehicle.custody("M1", "rover_gripper"))
        loop.call_at(600.0, lambda: vehicle.custody("M1", "rover_rack", 2))
        outcome = await ground.run()
        log = ground.control.archive.rows("SELECT time_ns FROM procedure_log WHERE step = 'second'")
        return outcome, log, ground.control.clock, ground.stations.now

    outcome, log, clock, ended = fly(text, flight)
    assert outcome.verdict == "complete"
    assert log == [(800_000_000_000,)]
    assert clock.sol(ended) == 2
    assert ended == pytest.approx(clock.seconds_at(2, 9.5) + 60.0, abs=1e-3)
    assert [(phase.name, phase.began) for phase in outcome.phases] == [
        ("first", 0.0),
        ("second", 800.0),
    ]


def test_a_wait_ends_at_its_limit_and_goes_where_the_step_says(fly: Fly) -> None:
    text = (
        "  - {do: wait_for_event, vehicle: rover, event: arrived, limit_sols: 0.5,"
        " on_failure: goto lost}\n"
        "  - {do: end, verdict: complete}\n"
        "  - {do: end, label: lost, verdict: failed, reason: the rover is lost}\n"
    )

    async def flight(ground: Any) -> Any:
        return await ground.run(), ground.stations.now

    outcome, ended = fly(text, flight)
    assert (outcome.verdict, outcome.reason) == ("failed", "the rover is lost")
    assert ended == pytest.approx(0.5 * SOL_SECONDS)


@pytest.mark.parametrize(
    "text",
    [
        "  - {do: assert_custody, label: a, tubes: [M1], places: [orbit], on_failure: goto a}\n",
        "  - {do: pause, seconds: 5}\n"
        "  - {do: branch, label: a, custody: {tubes: [M1], places: [orbit]}, then: b,"
        " otherwise: a}\n"
        "  - {do: end, label: b}\n",
    ],
)
def test_steps_that_go_round_while_no_time_passes_end_the_procedure(fly: Fly, text: str) -> None:
    async def flight(ground: Any) -> Any:
        return await ground.run()

    outcome = fly(text, flight)
    assert outcome.verdict == "failed"
    assert "go round in a circle while no time passes" in outcome.reason


@pytest.mark.parametrize(("ending", "reason"), [(Rung.FAILED, "bad"), (Rung.COMPLETED, "good")])
def test_a_branch_follows_a_verdict(fly: Fly, ending: Rung, reason: str) -> None:
    text = (
        f"  - {{{DRIVE}, arguments: {{distance: 1.0}}, label: trip, on_failure: continue}}\n"
        "  - {do: pause, seconds: 5}\n"
        "  - {do: branch, verdict: {of: trip, among: [FAILED]}, then: bad, otherwise: good}\n"
        "  - {do: end, label: bad, reason: bad}\n"
        "  - {do: end, label: good, reason: good}\n"
    )

    async def flight(ground: Any) -> Any:
        ground.vehicle.ending = ending
        return await ground.run()

    assert fly(text, flight).reason == reason


@pytest.mark.parametrize(("at_least", "reason"), [(1, "some"), (2, "few")])
def test_a_branch_counts_tubes(fly: Fly, at_least: int, reason: str) -> None:
    text = (
        "  - {do: pause, seconds: 5000}\n"
        f"  - {{do: branch, custody: {{tubes: '${{tube_ids}}', places: [container], at_least: "
        f"{at_least}}}, then: some}}\n"
        "  - {do: end, reason: few}\n"
        "  - {do: end, label: some, reason: some}\n"
    )

    async def flight(ground: Any) -> Any:
        asyncio.get_running_loop().call_at(9.0, lambda: ground.vehicle.custody("M1", "container"))
        return await ground.run()

    assert fly(text, flight).reason == reason


def test_custody_that_is_not_as_demanded_stops_with_the_whereabouts(fly: Fly) -> None:
    text = (
        "  - {do: pause, seconds: 5000}\n"
        "  - {do: assert_custody, tubes: '${tube_ids}', places: [container]}\n"
    )

    async def flight(ground: Any) -> Any:
        asyncio.get_running_loop().call_at(9.0, lambda: ground.vehicle.custody("M1", "container"))
        return await ground.run()

    outcome = fly(text, flight)
    assert outcome.verdict == "failed"
    assert outcome.reason.endswith("steps[1]: M1, M2 at container: M2 is unreported")


def test_each_attempt_is_a_new_command(fly: Fly, recovering: Callable[[str], None]) -> None:
    recovering("{pauses_seconds: []}")
    text = f"  - {{{DRIVE}, arguments: {{distance: 1.0}}, attempts: 3}}\n"

    async def flight(ground: Any) -> Any:
        ground.vehicle.ending = Rung.FAILED
        await ground.run()
        return [order.identifier for order in ground.vehicle.obeyed]

    assert fly(text, flight) == ["mc-0-00001", "mc-0-00002", "mc-0-00003"]


def test_a_vehicle_that_falls_silent_is_given_up_long_before_its_deadline(fly: Fly) -> None:
    text = "  - {do: command, vehicle: rover, command: traverse, silence_sols: 0.5}\n"

    async def flight(ground: Any) -> Any:
        ground.vehicle.duration = 1e9
        loop = asyncio.get_running_loop()
        for instant in (20_000.0, 60_000.0):
            loop.call_at(instant, lambda: ground.vehicle.telemetry(charge=0.5))
        outcome = await ground.run()
        return outcome.reason, ground.stations.now, ground.control.tracker.commands()

    reason, ended, [command] = fly(text, flight)
    assert "nothing was heard of rover for 0.5 sols" in reason
    assert command.verdict == "UNANSWERED"
    received = 64_800.0 + 600.0  # in the pass after the last sample, and the light time
    assert ended == pytest.approx(received + 0.5 * SOL_SECONDS)


def test_a_command_that_takes_long_is_given_up_at_the_steps_limit(fly: Fly) -> None:
    text = (
        "  - {do: command, vehicle: rover, command: traverse, limit_sols: 0.1, attempts: 3,"
        " on_failure: continue}\n"
    )

    async def flight(ground: Any) -> Any:
        ground.vehicle.duration = 1e9
        outcome = await ground.run()
        return outcome.verdict, ground.stations.now, len(ground.control.tracker.commands())

    verdict, ended, commands = fly(text, flight)
    assert (verdict, commands) == ("complete", 1)
    assert ended == pytest.approx(0.1 * SOL_SECONDS)


def test_tubes_of_a_command_are_those_at_a_place_when_it_is_issued(fly: Fly) -> None:
    text = (
        "  - {do: pause, seconds: 5000}\n"
        "  - {do: command, vehicle: rover, command: load, tubes_at: [rover_rack]}\n"
        "  - {do: command, vehicle: rover, command: load, tubes_at: [container]}\n"
    )

    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.custody("M2", "rover_rack"))
        loop.call_at(9.0, lambda: ground.vehicle.custody("M1", "ground"))
        outcome = await ground.run()
        return outcome.reason, [order.arguments for order in ground.vehicle.obeyed]

    reason, arguments = fly(text, flight)
    assert arguments == [{"tubes": ["M2"]}]
    assert "load was not sent: no tube is reported at container" in reason


def test_limits_count_on_through_a_restart_of_the_ground(fly: Fly) -> None:
    text = "  - {do: wait_for_event, vehicle: rover, event: arrived, limit_sols: 0.5}\n"

    async def flight(ground: Any) -> Any:
        await ground.run_and_kill_at(20_000.0)
        ground.start()
        return (await ground.run()).verdict, ground.stations.now

    verdict, ended = fly(text, flight)
    assert verdict == "failed"
    assert ended == pytest.approx(0.5 * SOL_SECONDS)


def test_a_loop_of_gotos_visits_a_step_anew_each_time(fly: Fly) -> None:
    text = (
        f"  - {{{DRIVE}, arguments: {{distance: 1.0}}, label: again}}\n"
        "  - {do: branch, telemetry: {vehicle: rover, channel: charge, comparison: '<',"
        " value: 0.3}, then: done}\n"
        "  - {do: goto, to: again}\n"
        "  - {do: end, label: done}\n"
    )

    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(20_000.0, lambda: ground.vehicle.telemetry(charge=0.2))
        await ground.run()
        return [order.identifier for order in ground.vehicle.obeyed]

    done = fly(text, flight)
    assert len(done) >= 3
    assert done == [f"mc-0-{number:05d}" for number in range(1, len(done) + 1)]


def test_an_end_names_the_tubes_that_are_missing_and_where_they_are(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        asyncio.get_running_loop().call_at(9.0, lambda: ground.vehicle.custody("M1", "mav"))
        return await ground.run()

    steps = (
        "  - {do: pause, seconds: 1000}\n"
        "  - {do: end, reason: not all, missing: {tubes: '${tube_ids}', places: [orbit]}}\n"
    )
    reason = "not all; by the last reports: mav (M1), unreported (M2)"
    assert fly(steps, flight).reason == reason


def test_an_end_with_nothing_missing_says_only_its_reason(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        asyncio.get_running_loop().call_at(9.0, lambda: ground.vehicle.custody("M1", "mav"))
        return await ground.run()

    steps = (
        "  - {do: pause, seconds: 1000}\n"
        "  - {do: end, reason: well, missing: {tubes: [M1], places: [mav, orbit]}}\n"
    )
    assert fly(steps, flight).reason == "well"

"""What people are told of what came down, by the service; and that asking changes nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Severity
from ground.api import controlling, reads
from tests.ground.mission_control.conftest import LIGHT_TIME, PASS_LENGTH, PASS_PERIOD
from tests.ground.mission_control.people import ANNA, EVE, MAX, People, use_files

Fly = Callable[..., Any]
S = 1_000_000_000
PAUSE = "  - {do: pause, seconds: 40000}\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_files(tmp_path, monkeypatch)


def test_values_are_as_they_were_known_and_go_stale_in_silence(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.telemetry(charge=0.5, mode="idle"))
        loop.call_at(200.0, lambda: ground.vehicle.telemetry(charge=0.3))
        at: list[Any] = []
        loop.call_at(2000.0, lambda: at.append(people.look(reads.Values())))
        await ground.run()
        now = people.look(reads.Values())
        then = people.look(reads.Values(at_ns=750 * S))
        before = people.look(reads.Values(at_ns=699 * S))
        return at[0], now, then, before

    fresh, now, then, before = fly(PAUSE, flight)
    row = ["rover", "charge", 0.3, 200 * S, 800 * S]
    assert fresh["values"][0] == [*row, "OK"]
    assert fresh["values"][1] == ["rover", "left", pytest.approx(0.05), 200 * S, 800 * S, "OK"]
    assert now["values"][0] == [*row, "STALE"]
    assert [r[2] for r in then["values"]] == [0.5, 0.25, "idle"]
    assert {r[5] for r in then["values"]} == {"OK"}  # it was fresh then
    assert before["values"] == []


@pytest.mark.requirement("REC-03")
def test_looking_writes_nothing(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.telemetry(charge=0.5))
        seen: list[Any] = []

        def look() -> None:
            archive = ground.control.archive
            waiting = archive._waiting
            for request in (
                reads.Values(), reads.Values(at_ns=1), reads.Events(), reads.GetAlarms(all=True),
                reads.Series("rover", "charge", 0, 1000 * S), reads.Custody(), reads.Passes(),
                reads.Series("rover", "left", 0, 1000 * S), reads.Changes(), reads.Snapshot(),
            ):  # fmt: skip
                people.look(request)
            seen.append((waiting, archive._waiting))

        loop.call_at(800.0, look)
        await ground.run()
        return seen

    [(before, after)] = fly(PAUSE, flight)
    assert before == after > 0


def test_an_alarm_is_handled_by_who_may_and_told_in_the_journal(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.event("motor_fault", Severity.WARNING_HI))
        answers: list[Any] = []

        def handle() -> None:
            answers.append(people.do(EVE, controlling.AlarmAck(1)))
            answers.append(people.do(ANNA, controlling.AlarmAck(2)))
            until = ground.control.clock.now_ns() + 1000 * S
            answers.append(people.do(ANNA, controlling.AlarmShelve(1, until, "known")))
            answers.append(people.do(ANNA, controlling.AlarmOwn(1)))
            answers.append(people.do(ANNA, controlling.AlarmNote(1, "wheel 3")))

        loop.call_at(1000.0, handle)
        loop.call_at(1999.0, lambda: answers.append(people.look(reads.GetAlarms())))
        await ground.run()
        return answers, people.look(reads.GetAlarms()), people.journal("alarm")

    answers, end, told = fly(PAUSE, flight)
    assert answers[0].startswith("alarm_ack needs the role operator or director or engineer")
    assert answers[1] == "alarm 2 waits for no acknowledgement: allowed 1"
    assert answers[-1]["alarms"][0]["state"] == "SHELVED"
    assert answers[-1]["unacknowledged"] == 0
    (alarm,) = end["alarms"]
    assert (alarm["state"], alarm["owner"], alarm["notes"][0]["text"]) == (
        "ACTIVE", "anna", "wheel 3",
    )  # fmt: skip
    assert told == [
        ("raised", ""), ("shelved", "anna"), ("owned", "anna"), ("noted", "anna"),
        ("unshelved", ""),
    ]  # fmt: skip


def test_a_limit_set_holds_over_a_restart_and_raises_alarms(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.telemetry(charge=0.3))
        answers: list[Any] = []

        def decide() -> None:
            answers.append(people.do(ANNA, controlling.LimitsSet("night")))
            answers.append(people.do(MAX, controlling.LimitsSet("noon")))
            answers.append(people.do(MAX, controlling.LimitsSet("night")))
            answers.append(people.look(reads.Values())["values"][0][5])

        loop.call_at(1000.0, decide)
        await ground.run_and_kill_at(1100.0)
        ground.start()
        again = People(ground)
        return answers, again.look(reads.Values()), [a.name for a in ground.control.alarms.open()]

    answers, values, alarms = fly(PAUSE, flight)
    assert answers[0].startswith("limits_set needs the role engineer or director")
    assert answers[1].startswith("name = 'noon'")
    assert answers[2]["name"] == "night"
    assert answers[3] == values["values"][0][5] == "YELLOW"
    assert values["limit_set"] == "night"
    assert alarms == ["limit charge (ground)"]


def test_the_set_of_a_phase_holds_over_a_restart_and_a_silent_vehicle_keeps_it(
    fly: Fly, tmp_path: Path
) -> None:
    file = tmp_path / "limit_sets.yaml"
    file.write_text(f"{file.read_text()}phases: {{rover: {{night: [idle]}}}}\n")

    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.telemetry(charge=0.3, mode="idle"))
        told: list[Any] = []
        loop.call_at(1000.0, lambda: told.append(people.look(reads.Snapshot(("limits",)))))
        loop.call_at(1010.0, lambda: told.append(people.do(MAX, controlling.LimitsSet(
            "on_board", "rover"))))
        loop.call_at(1020.0, lambda: told.append(people.do(MAX, controlling.LimitsSet(
            "by_phase", "rover"))))
        loop.call_at(1030.0, lambda: told.append(people.do(MAX, controlling.LimitsSet(
            "night", "rvoer"))))
        await ground.run_and_kill_at(1100.0)
        ground.start()
        await ground.run()
        again = People(ground)
        journal = [entry for entry in again.service.desk.journal.of("limits")]
        told += [again.look(reads.Snapshot(("limits",))), again.look(reads.Values(at_ns=1015 * S))]
        return told, journal

    told, journal = fly(PAUSE, flight)
    phase = {"set": "night", "by": "phase", "since_ns": 100 * S, "mode": "idle"}
    settling = {"settling": ["on_board"], "stale": False}
    assert told[0]["limits"]["vehicles"] == {"rover": phase | settling}
    assert told[1]["vehicles"]["rover"]["set"] == "on_board" and told[1]["limits"] == {}
    assert told[2]["vehicles"] == {"rover": phase | settling}
    assert told[3] == "vehicle = 'rvoer': allowed is one of rover"
    end = told[4]["limits"]["vehicles"]["rover"]
    assert (end["set"], end["since_ns"], end["stale"]) == ("night", 100 * S, True)
    assert (told[5]["limit_set"], told[5]["limit_sets"]) == ("by_phase", {"rover": "on_board"})
    assert [(e.what, e.who, e.vehicle, e.data["name"], e.data["before"]) for e in journal] == [
        ("phase", "", "rover", "night", "on_board"), ("set", "max", "rover", "on_board", "night"),
        ("set", "max", "rover", "by_phase", "on_board"),
    ]  # fmt: skip


def test_passes_say_what_came_down_in_them(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        for time in (100.0, 200.0, PASS_PERIOD + 10.0):
            loop.call_at(time, lambda: ground.vehicle.telemetry(charge=0.5))
        await ground.run()
        return people.look(reads.Passes(from_ns=0)), people.look(
            reads.Passes(from_ns=round(PASS_LENGTH * S) + 1, to_ns=round(2 * PASS_PERIOD * S))
        )

    told, some = fly(PAUSE, flight)
    first, second, third, *_ = told["passes"]
    assert (first["start_ns"], first["state"], first["frames"]) == (0, "past", 2)
    assert (second["frames"], second["expected_bytes"]) == (1, first["bytes"])
    assert third["frames"] == 0
    assert {each["state"] for each in told["passes"]} == {"past", "coming"}
    coming = [each for each in told["passes"] if each["state"] == "coming"]
    # of those that brought something and those that did not; one to come says nothing yet
    assert {each["expected_bytes"] for each in coming} == {second["bytes"]}
    assert [each["start_ns"] for each in some["passes"]] == [round(PASS_PERIOD * S)]
    assert told["light_time"][0][1:] == [LIGHT_TIME, False]
    assert told["links"] == [["relay", told["links"][0][1], True, 1e6]]


def test_what_changed_since_an_instant_and_since_a_pass(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.telemetry(charge=0.5, mode="idle"))
        later = PASS_PERIOD + 10.0
        loop.call_at(later, lambda: ground.vehicle.telemetry(charge=0.5, mode="safe"))
        loop.call_at(later, lambda: ground.vehicle.event("motor_fault", Severity.WARNING_HI))
        loop.call_at(later, lambda: ground.vehicle.custody("M1", "rover_rack"))
        await ground.run()
        return (
            people.look(reads.Changes(since_ns=0)),
            people.look(reads.Changes(since_pass=3)),
            people.look(reads.Changes(since_pass=1)),
            people.refused(reads.Changes(since_ns=0, since_pass=1)),
        )

    all_of_it, third, last, refused = fly(
        "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 1}}\n" + PAUSE,
        flight,
    )
    assert [row["rung"] for row in all_of_it["rungs"]][-1] == "COMPLETED"
    assert third["modes"] == [
        {"vehicle": "rover", "channel": "mode", "before": "idle", "value": "safe",
         "occurred_ns": 10_810 * S, "received_ns": 11_410 * S},
    ]  # fmt: skip
    assert third["values"] == []  # it came again, and is the same
    assert [row["tube"] for row in third["tubes"]] == ["M1"]
    assert [row["name"] for row in third["alarms"]] == ["motor_fault"]
    assert third["events"] == {"WARNING_HI": 1}
    assert "rover: idle -> safe" in third["log"]
    assert (last["modes"], last["log"]) == ([], "0 events")
    assert refused == "since_pass: allowed is that or since_ns"


def test_a_tube_is_told_step_by_step_and_a_foreign_one_refused(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.custody("M1", "rover_rack"))
        await ground.run()
        return (
            people.look(reads.Custody()), people.look(reads.Custody(tube="M1")),
            people.refused(reads.Custody(tube="M9")), people.look(reads.Snapshot()),
        )  # fmt: skip

    tubes, one, refused, snapshot = fly(PAUSE, flight)
    assert [(t["id"], t["place"]) for t in tubes["tubes"]] == [
        ("M1", "rover_rack"), ("M2", "unreported"),
    ]  # fmt: skip
    assert [(s["step"], s["place"]) for s in one["steps"]] == [("adopt", "rover_rack")]
    assert refused == "tube = 'M9': allowed is one of M1, M2"
    assert snapshot["custody"] == tubes["tubes"]
    assert {"alarms", "passes", "limits"} <= set(snapshot)


def test_tubes_are_as_the_reports_said_that_were_here_by_then(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.custody("M1", "rover_rack"))
        await ground.run()
        heard = people.look(reads.Custody(tube="M1"))["steps"][0]["received_ns"]
        asked = [reads.Custody(at_ns=heard - 1), reads.Custody(at_ns=heard)]
        steps = [reads.Custody("M1", heard - 1), reads.Custody("M1", heard)]
        return heard, *map(people.look, [*asked, *steps])

    heard, before, then, no_step, one_step = fly(PAUSE, flight)
    assert heard > 9 * S  # it was so on board, and nobody knew
    assert [each["place"] for each in before["tubes"]] == ["unreported", "unreported"]
    assert [each["place"] for each in then["tubes"]] == ["rover_rack", "unreported"]
    assert before["tubes"][0]["hand_overs"] == no_step["steps"] == []
    assert no_step["tube"]["place"] == "unreported"
    assert [step["place"] for step in one_step["steps"]] == ["rover_rack"]


def test_an_alarm_is_news_when_it_is_heard_of_and_known_as_it_was_then(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        raised = 100.0  # long before a pass brings it
        loop.call_at(raised, lambda: ground.vehicle.event("motor_fault", Severity.WARNING_HI))
        acknowledged = controlling.AlarmAck(number=1)
        loop.call_at(20_000.0, lambda: people.do(ANNA, acknowledged))
        await ground.run()
        heard = people.look(reads.Events(name="motor_fault"))["events"][0]["received_ns"]
        at = [reads.GetAlarms(at_ns=ns) for ns in (heard - 1, heard, 20_000 * S - 1, 20_000 * S)]
        since = [
            people.look(reads.Changes(since_ns=a, at_ns=b))["alarms"]
            for a, b in ((heard - 1, None), (heard, None), (0, heard - 1), (0, heard))
        ]
        return heard, [people.look(each) for each in at], since

    heard, at, since = fly(PAUSE, flight)
    assert heard > 100 * S
    assert [[each["state"] for each in told["alarms"]] for told in at] == [
        [], ["ACTIVE"], ["ACTIVE"], [],
    ]  # fmt: skip
    assert [told["unacknowledged"] for told in at] == [0, 1, 1, 0]
    assert all(told["journaled"] for told in at)
    assert [len(alarms) for alarms in since] == [1, 0, 0, 1]

"""Commands whose arguments are what an event has told, or what the ledgers have said last."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.custody_record import CustodyRecord, CustodyStatus, Evidence
from ground.mission_control.procedures.reading import Program
from ground.mission_control.telemetry.custody import CustodyView, TubeEntry

Fly = Callable[..., Any]

TOLD = (
    "  - {do: pause, seconds: 5000}\n"
    "  - do: command\n    vehicle: rover\n    command: drive\n"
    "    from_event: {vehicle: rover, event: arrived, fields: {distance: left}}\n"
)
RECORDS = (
    "  - {do: pause, seconds: 5000}\n"
    "  - {do: command, vehicle: rover, command: load_manifest, records_at: [orbit]}\n"
)


def record(tube: str, owner: str, link: int, place: str, **more: Any) -> CustodyRecord:
    given = {"step": "adopt", "status": CustodyStatus.HELD, "since_ns": 0, "sequence": 1, **more}
    if given["status"] is CustodyStatus.HELD:
        given.setdefault("evidence", Evidence("camera", "seen"))
    return CustodyRecord(tube=tube, owner=owner, link=link, place=place, **given)


# ------------------------------------------------------------------ from events


def test_a_command_takes_its_arguments_from_the_newest_event(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(100.0, lambda: ground.vehicle.event("arrived", place="M1", left=9.0))
        loop.call_at(200.0, lambda: ground.vehicle.event("arrived", place="M2", left=4.5))
        outcome = await ground.run()
        return outcome.verdict, [order.arguments for order in ground.vehicle.obeyed]

    assert fly(TOLD, flight) == ("complete", [{"distance": 4.5}])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "rover drive was not sent: rover has not told arrived"),
        ({"place": "M1"}, "arrived does not tell left"),
    ],
)
def test_what_no_event_has_told_is_not_commanded(
    fly: Fly, data: dict[str, Any] | None, reason: str
) -> None:
    async def flight(ground: Any) -> Any:
        if data is not None:
            arrive = lambda: ground.vehicle.event("arrived", **data)  # noqa: E731
            asyncio.get_running_loop().call_at(100.0, arrive)
        outcome = await ground.run()
        return outcome.verdict, outcome.reason, ground.vehicle.received

    verdict, said, received = fly(TOLD, flight)
    assert (verdict, received) == ("failed", [])
    assert said.endswith(reason)


def test_a_key_of_from_event_that_is_not_known_is_refused_at_load(
    procedure: Callable[[str], Program],
) -> None:
    with pytest.raises(ConfigurationError, match="feilds is not a known key"):
        procedure(TOLD.replace("fields", "feilds"))


# ---------------------------------------------------------------- custody records


def test_the_last_records_go_with_a_command(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(9.0, lambda: ground.vehicle.custody("M1", "orbit"))
        loop.call_at(9.0, lambda: ground.vehicle.custody("M2", "ground"))
        outcome = await ground.run()
        return outcome.verdict, [order.arguments["records"] for order in ground.vehicle.obeyed]

    verdict, [[sent]] = fly(RECORDS, flight)
    assert verdict == "complete"
    assert (sent["tube"], sent["owner"], sent["place"]) == ("M1", "rover", "orbit")


def test_the_record_furthest_along_the_chain_counts_and_not_the_last_to_come() -> None:
    view = CustodyView([TubeEntry("M1"), TubeEntry("M2")])
    held = record("M1", "mav", 5, "orbit")
    given = record(
        "M1", "arm", 4, "container", step="complete", status=CustodyStatus.HANDED_OVER,
        destination="container", counterpart="mav",
    )  # fmt: skip
    view.take(held, 1)
    view.take(given, 2)
    view.take(record("M2", "rover", 1, "ground"), 3)
    assert view.last_records(["orbit"]) == [held]


def test_a_tube_that_is_openly_unknown_counts_where_it_was_last_seen() -> None:
    view = CustodyView([TubeEntry("M1")])
    view.take(record("M1", "mav", 5, "orbit"), 1)
    lost = record(
        "M1", "mav", 6, "orbit", step="lose", status=CustodyStatus.UNKNOWN, sequence=2,
        reason="ceded to the orbiter",
    )  # fmt: skip
    view.take(lost, 2)
    assert view.place("M1") == "unknown"
    assert view.last_records(["orbit"]) == [lost]


def test_there_are_no_records_of_places_where_nothing_is() -> None:
    view = CustodyView([TubeEntry("M1"), TubeEntry("M2")])
    view.take(record("M1", "rover", 1, "ground"), 1)
    assert view.last_records(["orbit", "container"]) == []

"""A hazardous command of the rover that is staged by one and approved by another."""

from typing import Any

from tests.ground.mission_control.service.desk_bench import Desked

DROP: dict[str, Any] = {
    "vehicle": "rover", "command": "release", "arguments": {"tube": "M1"}, "note": "makes room",
}  # fmt: skip


def staged(desk: Desked, **change: Any) -> str:
    """Stages the hazardous command; its hash."""
    told = desk.done("anna", "stage", **{**DROP, **change})
    assert told["approval_needed"]
    assert told["state"] == "waiting_approval"
    return str(told["hash"])


def approved(desk: Desked, **change: Any) -> None:
    desk.done("ben", "approve", stage="st-1", hash=staged(desk, **change), note="read")


def nothing_left(desk: Desked) -> bool:
    return desk.control.tracker.commands() == [] and desk.vehicle.received == []

"""`msr send --preview`: what it tells, and what it ends with."""

import json
from typing import Any

import pytest

from ground.commands import previewing
from ground.commands.asking import Times

TIMES = Times("2028-08-05T12:00:00Z")
VEHICLE = {
    "mode": "idle", "charge": {"begin": 0.9, "lowest": 0.4, "end": 0.6, "lowest_ns": 5},
    "track": [[0, 1.0, 2.0], [9, 3.0, 4.0]],
    "warnings": [{"name": "low", "severity": "WARNING_LO", "text": "low", "occurred_ns": 1}],
}  # fmt: skip


def told(status: str, **more: Any) -> dict[str, Any]:
    item = {
        "vehicle": "rover", "command": "drive_to", "arguments": {"east": 3}, "status": status,
        "detail": "", "problems": [], "rungs": [
            {"rung": "RECEIVED", "occurred_ns": 10**9, "received_ns": 2 * 10**9, "detail": ""},
        ], **more,
    }  # fmt: skip
    return {
        "items": [item], "vehicles": {"rover": VEHICLE}, "end_ns": 3 * 10**9, "ended_by": "over",
        "assumes": ["nothing is broken"], "cautions": ["arm.mode is safe, and the twin says idle"],
    }  # fmt: skip


class MissionControl:
    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)

    async def preview(self, *stages: str, commands: Any = ()) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def asked(*answers: dict[str, Any], as_json: bool = False) -> int:
    mc: Any = MissionControl(*answers)
    return await previewing.preview(mc, {}, TIMES, as_json)


@pytest.mark.parametrize(
    ("status", "code"),
    [("COMPLETED", 0), ("REJECTED", 1), ("NOT_ISSUED", 1), ("STARTED", 3), ("SENT", 3)],
)
async def test_its_exit_code_is_what_would_become_of_it(
    status: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asked(told(status, problems=["no pass"])) == code
    said = capsys.readouterr().out
    assert f"rover drive_to east=3: {status}" in said and "problem: no pass" in said
    assert "RECEIVED 2028-08-05 12:00:01 UTC, heard 2028-08-05 12:00:02 UTC" in said
    assert "at its lowest 0.40" in said and "at 3.0 m east, 4.0 m north" in said
    assert "nothing is broken" in said
    assert "caution: arm.mode is safe, and the twin says idle" in said


async def test_it_waits_for_the_twin_and_tells_json(capsys: pytest.CaptureFixture[str]) -> None:
    way = {"warming": {"at_ns": 5 * 10**9, "now_ns": 9 * 10**9}}
    assert await asked(way, way, told("COMPLETED"), as_json=True) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["items"][0]["status"] == "COMPLETED"
    assert said.err.count("5 of 9 s") == 2


async def test_it_does_not_wait_for_ever(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "ASK_AGAIN", 3)
    assert await asked({"warming": {"at_ns": 0, "now_ns": 9}}) == 3
    assert "does not come" in capsys.readouterr().err

"""Commands as pictures show them: on their way, running, and known to have ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class CommandSpan:
    """A command: when it was sent, started and ended on board, and when its verdict was here.

    What has not happened is None. `progress`: times of the reports on the way.
    """

    vehicle: str
    name: str
    stage: str
    sent: float
    started: float | None
    ended: float | None
    known: float | None
    verdict: str | None
    progress: tuple[float, ...] = ()


def command_span(row: Sequence[Any], rungs: Sequence[tuple[str, float]]) -> CommandSpan:
    """A command by its row of the archive (vehicle, name, stage, sent in s, verdict, when that was
    known in s) and the rungs of its ladder, each with its time in s."""
    vehicle, name, stage, sent, verdict, known = row
    started = [seconds for rung, seconds in rungs if rung == "STARTED"]
    last = [seconds for rung, seconds in rungs if rung == verdict]
    return CommandSpan(
        vehicle,
        name,
        stage,
        sent,
        min(started, default=None),
        last[-1] if last else None,
        known,
        verdict if known is not None else None,
        tuple(seconds for rung, seconds in rungs if rung == "PROGRESS"),
    )


def joined(commands: Sequence[CommandSpan]) -> list[CommandSpan]:
    """The commands; the two stages of a hazardous one are one, from the arming on.

    A command that arrived before its last transmission, for it was sent again, began when it
    arrived.
    """
    found: list[CommandSpan] = []
    for command in commands:
        before = found[-1] if found else None
        if command.started is not None and command.started < command.sent:
            command = replace(command, sent=command.started)
        if before is not None and _are_one(before, command):
            found[-1] = replace(command, sent=min(before.sent, command.sent))
        else:
            found.append(command)
    return found


def _are_one(arm: CommandSpan, fire: CommandSpan) -> bool:
    same = (arm.vehicle, arm.name) == (fire.vehicle, fire.name)
    return same and (arm.stage, fire.stage) == ("arm", "fire") and arm.verdict == "COMPLETED"

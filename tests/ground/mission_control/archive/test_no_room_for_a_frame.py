"""A frame that comes while the archive takes nothing ends mission control, and not the run."""

import asyncio
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.runtime.nursery import Nursery
from ground.mission_control import MissionControl, NoRoom


class Reception:
    """Takes frames by number, and has no room for the second."""

    def __init__(self, error: Exception) -> None:
        self.came: list[int] = []
        self._error = error

    def arrived(self, frame: int) -> None:
        self.came.append(frame)
        if frame == 2:
            raise self._error


def control(error: Exception) -> Any:
    made: Any = MissionControl.__new__(MissionControl)
    made.archive, made.reception = SimpleNamespace(path=Path("archive")), Reception(error)
    made._nursery, made._broken = None, False
    return made


@pytest.mark.parametrize(
    "error", [NoRoom("archive takes no more"), sqlite3.OperationalError("database or disk is full")]
)
async def test_all_that_runs_there_ends_by_it(error: Exception) -> None:
    made = control(error)
    ended: list[str] = []

    async def rounds() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append("rounds")

    with pytest.raises(NoRoom, match="archive takes no more"):
        async with Nursery("mission control") as nursery:
            made._nursery = nursery
            nursery.start(rounds(), name="rounds")
            for frame in (1, 2, 3):  # in one turn of the loop: nothing has ended yet
                made._arrived(frame)
            await asyncio.sleep(1e6)
    assert ended == ["rounds"] and made.reception.came == [1, 2]
    assert asyncio.get_running_loop().time() < 1.0


def test_one_that_does_not_run_yet_asks_for_the_frame_when_it_does() -> None:
    control(NoRoom("archive takes no more"))._arrived(2)


def test_an_error_of_the_program_is_none_of_the_archives() -> None:
    with pytest.raises(ZeroDivisionError):
        control(ZeroDivisionError())._arrived(2)

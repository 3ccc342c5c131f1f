"""Each frame is taken once, whatever is missing, late or there twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.icd.devices.base import DeviceTimeout
from flight.icd.devices.ground_station import NumberedFrame
from ground.mission_control.archive.archive import Archive
from ground.mission_control.space_link.reception import Reception


class Stand:
    """Stations that keep `kept`, and what was taken from them."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.kept: list[int] = []
        self.taken: list[int] = []
        self.texts: list[str] = []
        self.silent = False
        self.reception = self.begin()

    def begin(self) -> Reception:
        return Reception(self.archive, self._fetch, self._take, self.texts.append)

    async def _fetch(self, after: int) -> list[NumberedFrame]:
        if self.silent:
            raise DeviceTimeout("no answer")
        return [frame(number) for number in self.kept if number > after][:2]

    def _take(self, taken: NumberedFrame) -> bool:
        self.taken.append(taken.number)
        return False


def frame(number: int) -> NumberedFrame:
    return NumberedFrame("relay/rover", b"", number)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(Archive(tmp_path / "archive.sqlite"))
    yield stand
    stand.archive.close()


async def test_a_missing_frame_is_fetched_and_none_is_taken_twice(stand: Stand) -> None:
    for number in (1, 2, 5, 2, 4):
        stand.reception.arrived(frame(number))
    assert stand.reception.last == 2
    stand.kept = [1, 2, 3, 4, 5]
    assert await stand.reception.catch_up(5)
    assert stand.taken == [1, 2, 5, 4, 3]
    assert stand.reception.last == 5
    assert stand.texts == []


async def test_what_was_not_written_when_the_ground_died_is_fetched_again(stand: Stand) -> None:
    stand.reception.arrived(frame(1))
    stand.archive.flush()
    stand.reception.arrived(frame(2))
    stand.archive.crash()
    stand.archive = Archive(stand.archive.path)
    again = stand.begin()
    assert again.last == 1
    stand.kept = [1, 2, 3]
    await again.catch_up(3)
    assert stand.taken == [1, 2, 2, 3]


async def test_stations_that_do_not_answer_are_asked_again_later(stand: Stand) -> None:
    stand.kept, stand.silent = [1, 2, 3], True
    assert not await stand.reception.catch_up(3)
    stand.silent = False
    assert await stand.reception.catch_up(3)
    assert stand.taken == [1, 2, 3]


async def test_frames_that_are_gone_are_counted_and_passed_over(stand: Stand) -> None:
    stand.reception.arrived(frame(2))
    stand.kept = [4, 5]
    await stand.reception.catch_up(5)
    assert stand.taken == [2, 4, 5]
    assert (stand.reception.lost, stand.reception.last) == (2, 5)
    stand.kept = []
    await stand.reception.catch_up(7)
    assert (stand.reception.lost, stand.reception.last) == (4, 7)


async def test_an_answer_that_a_newer_frame_has_overtaken_starts_nothing_anew(
    stand: Stand,
) -> None:
    stand.reception.arrived(frame(1))
    stand.reception.arrived(frame(2))
    await stand.reception.catch_up(1)
    assert stand.reception.last == 2


async def test_stations_that_began_anew_are_heard_from_their_first_frame_on(stand: Stand) -> None:
    for number in range(1, 10):
        stand.reception.arrived(frame(number))
    stand.archive.flush()
    stand.taken.clear()
    again = stand.begin()
    stand.kept = [1, 2]
    await again.catch_up(2)
    assert stand.taken == [1, 2]
    assert again.last == 2
    assert stand.texts == ["the stations count their frames anew: 2 after 9"]

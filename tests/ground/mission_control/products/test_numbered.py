"""A data product in numbered pieces: what is missing is found, and commanded again."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from flight.icd.ascent_record import chunk_text
from flight.icd.messages import Command, Rung
from ground.mission_control.products.numbered import Product, product_in

Fly = Callable[..., Any]
PIECES = 12
STEP = (
    "  - do: complete_product\n    vehicle: rover\n    channel: piece\n    announced: pieces\n"
    "    command: send_pieces\n    limit_sols: 1\n    attempts: {attempts}\n"
)


def piece(number: int) -> str:
    return chunk_text(number, PIECES, bytes([number]) * 50)


def test_what_is_missing_is_found_by_number() -> None:
    texts = [piece(n) for n in (0, 1, 4, 5, 8, 11)]
    product = product_in([*texts, "damaged", piece(2)[:-4] + "AAAA"])
    assert product == Product(PIECES, (2, 3, 6, 7, 9, 10))
    assert product.first_gap == (2, 3)
    assert str(product) == "6 of 12 pieces came" and not product.whole
    assert product_in([], announced=3).missing == (0, 1, 2)
    assert not product_in([]).whole and str(product_in([])) == "nothing came"
    assert product_in(map(piece, range(PIECES)), PIECES).whole
    with pytest.raises(ValueError, match="nothing is missing"):
        _ = Product(3, ()).first_gap


class Recorder:
    """Sends the pieces of a rover when it is told to; `lost` says which do not arrive."""

    def __init__(self, ground: Any) -> None:
        self.ground = ground
        self.asked: list[dict[str, Any]] = []
        self.lost: Callable[[int], bool] = lambda number: False
        self._take = ground.vehicle.take
        ground.vehicle.take = self.take

    def take(self, order: Command) -> None:
        fresh = order.identifier not in self.ground.vehicle.history
        self._take(order)
        if fresh and order.name == "send_pieces":
            self.asked.append(order.arguments)
            self.send(order.arguments.get("first", 0), order.arguments.get("last", PIECES - 1))

    def send(self, first: int = 0, last: int = PIECES - 1) -> None:
        loop, vehicle = asyncio.get_running_loop(), self.ground.vehicle
        for step, number in enumerate(range(first, last + 1), 1):
            if not self.lost(number):
                loop.call_later(0.2 * step, lambda n=number: vehicle.telemetry(piece=piece(n)))
        if not self.lost(PIECES):
            loop.call_later(0.2 * (last - first + 2), lambda: vehicle.telemetry(pieces=PIECES))


def received(ground: Any) -> Product:
    samples = ground.control.archive.samples("rover", "piece")
    return product_in(str(text) for _, text in samples)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_a_link_that_loses_frames_the_product_becomes_whole(fly: Fly, seed: int) -> None:
    async def flight(ground: Any) -> Any:
        stream = random.Random(seed)
        ground.stations.lose_down = lambda number: stream.random() < 0.3
        recorder = Recorder(ground)
        asyncio.get_running_loop().call_at(100.0, recorder.send)
        outcome = await ground.run()
        return outcome, received(ground), recorder.asked

    outcome, product, asked = fly(STEP.format(attempts=30), flight)
    assert outcome.verdict == "complete" and product.whole
    assert asked and all(each["first"] <= each["last"] < PIECES for each in asked)
    # Only what is missing is asked for, not everything again.
    assert all(each["last"] - each["first"] < PIECES - 1 for each in asked)


def test_nothing_is_commanded_when_all_came(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        recorder = Recorder(ground)
        asyncio.get_running_loop().call_at(100.0, recorder.send)
        return await ground.run(), recorder.asked

    outcome, asked = fly(STEP.format(attempts=3), flight)
    assert outcome.verdict == "complete" and asked == []


def test_a_piece_that_never_comes_ends_it_after_so_many_attempts(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        recorder = Recorder(ground)
        recorder.lost = lambda number: number in (4, 5)
        asyncio.get_running_loop().call_at(100.0, recorder.send)
        return await ground.run(), recorder.asked, received(ground)

    outcome, asked, product = fly(STEP.format(attempts=3), flight)
    assert outcome.verdict == "failed"
    assert "rover piece: these pieces did not come: 4, 5" in outcome.reason
    assert asked == [{"first": 4, "last": 5}] * 3
    assert product.missing == (4, 5)


def test_a_vehicle_that_refuses_is_not_waited_for(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        recorder = Recorder(ground)
        asyncio.get_running_loop().call_at(100.0, recorder.send)
        lost = {4}
        recorder.lost = lambda number: number in lost
        asyncio.get_running_loop().call_at(200.0, lost.add, PIECES)  # nothing is announced again
        ground.vehicle.ending = Rung.FAILED
        return await ground.run(), ground.stations.now

    outcome, ended = fly(STEP.format(attempts=2), flight)
    assert outcome.verdict == "failed" and "4" in outcome.reason
    assert ended < 0.6 * SOL_SECONDS


def test_all_is_asked_for_when_nothing_at_all_came(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        recorder = Recorder(ground)
        return await ground.run(), recorder.asked, received(ground)

    outcome, asked, product = fly(STEP.format(attempts=2), flight)
    assert outcome.verdict == "complete" and asked == [{}] and product.whole


def test_a_ground_that_was_killed_goes_on_with_what_it_asked(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        recorder = Recorder(ground)
        lost = {7}
        recorder.lost = lambda number: number in lost
        asyncio.get_running_loop().call_at(100.0, recorder.send)
        await ground.run_and_kill_at(12_000.0)
        assert len(recorder.asked) <= 1
        lost.clear()
        ground.start()
        return await ground.run(), recorder.asked, received(ground)

    outcome, asked, product = fly(STEP.format(attempts=3), flight)
    assert outcome.verdict == "complete" and product.whole
    assert asked[0] == {"first": 7, "last": 7} and len(asked) <= 2


def test_channels_and_command_are_checked_at_load(procedure: Callable[[str], Any]) -> None:
    with pytest.raises(ConfigurationError, match="rover has no channel 'chunk'"):
        procedure(STEP.format(attempts=2).replace("channel: piece", "channel: chunk"))
    with pytest.raises(ConfigurationError, match="rover has no command 'send_it'"):
        procedure(STEP.format(attempts=2).replace("send_pieces", "send_it"))
    with pytest.raises(ConfigurationError, match="first"):
        procedure(STEP.format(attempts=2).replace("send_pieces", "traverse"))

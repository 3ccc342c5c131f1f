"""How long the ground waits: for an answer, for its link, for a vehicle that is silent."""

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.ground_station import PredictedPass
from flight.icd.messages import Command
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import end
from ground.mission_control.space_link.stations import NotSent, answer_wait
from ground.mission_control.space_link.uplink import Uplink

SOL = pytest.approx(88_775.244, abs=0.01)


def wait(since: float, *ends: float) -> float:
    return answer_wait([PredictedPass("rover", at - 10.0, at) for at in ends], since)


def test_an_answer_has_come_when_two_passes_are_over() -> None:
    assert wait(0.0, 100.0, 250.0, 900.0) == 250.0
    assert wait(100.0, 100.0, 250.0, 900.0) == 800.0  # one that ends now brings nothing any more
    assert wait(99.0, 100.0, 250.0, 900.0) == 151.0


def test_beyond_what_is_predicted_the_longest_gap_is_allowed_for_each_pass() -> None:
    assert wait(0.0, 100.0) == pytest.approx(100.0 + 88_775.244, abs=0.01)
    assert wait(100.0, 100.0, 250.0) == 150.0 + 150.0
    assert wait(300.0, 100.0, 250.0) == 2.0 * 150.0
    assert wait(300.0, 100.0) == SOL
    assert wait(0.0) == SOL
    assert wait(900.0, 100.0, 250.0, 850.0) == 2.0 * 600.0


class Stations:
    """Refuse each frame, for a reason; tell when they were asked."""

    def __init__(self, moratorium: bool, refused: bool = False) -> None:
        self.status = SimpleNamespace(moratorium=moratorium)
        self.refused = refused
        self.asked: list[tuple[str, float]] = []

    async def refresh(self) -> bool:
        return True

    def choose(self, target: str, last: str, waited: float) -> tuple[str, str]:
        return "relay", target

    async def send(self, spacecraft: str, radio: str, data: bytes) -> float:
        self.asked.append((radio, asyncio.get_running_loop().time()))
        raise NotSent("no link", refused=self.refused)


def tried(stations: Stations, targets: tuple[str, ...], until: float) -> Uplink:
    """An uplink that was at work until an instant, with a command for each target."""
    kept: Any = SimpleNamespace(
        get=lambda key, other: other, last_link=lambda bundle: "",
        add_uplink=lambda *what: None, put=lambda *what: None, note=lambda *what: None,
        together=nullcontext,
    )  # fmt: skip
    tracker: Any = SimpleNamespace(
        command=lambda name: SimpleNamespace(
            verdict=None, sent_ns=None, order=SimpleNamespace(identifier=name), is_overtaken=False
        )
    )
    given: Any = stations
    uplink = Uplink(given, kept, lambda: round(asyncio.get_running_loop().time() * 1e9), 0)

    async def main() -> None:
        for number, target in enumerate(targets):
            uplink.send([Command(f"mc-{number}", target, "drive", {}, "test")])
        task = asyncio.get_running_loop().create_task(uplink.run(tracker))
        await asyncio.sleep(until)
        assert not task.done(), task.exception()
        await end(task)

    run(main(), VirtualLoop())
    return uplink


@pytest.mark.parametrize(("moratorium", "pause"), [(False, 300.0), (True, 3600.0)])
def test_what_finds_no_link_is_tried_again_after_five_minutes_and_in_conjunction_an_hour(
    moratorium: bool, pause: float
) -> None:
    stations = Stations(moratorium)
    uplink = tried(stations, ("rover",), 2.5 * pause)
    assert [at for _, at in stations.asked] == [0.0, pause, 2.0 * pause]
    assert uplink.waiting == 1 and uplink.waiting_for == "no link"
    assert uplink.perhaps == {}  # the stations have said that it did not leave


@pytest.mark.parametrize(
    ("refused", "order"), [(False, ["rover"] * 3), (True, ["rover", "lander", "rover"])]
)
def test_only_what_the_stations_do_not_take_at_all_lets_others_pass(
    refused: bool, order: list[str]
) -> None:
    stations = Stations(False, refused)
    tried(stations, ("rover", "lander"), 700.0)
    assert [radio for radio, _ in stations.asked] == order

"""Who is heard, and since when not any more."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.hearing import HearsPeers
from flight.icd.devices.communications import LinkState
from flight.lander.vehicle import LanderVehicle
from flight.rover.vehicle import RoverVehicle
from flight.runtime.loop import VirtualLoop, run


def listener() -> Any:
    """One that has just booted, with links that the test sets."""
    node: Any = object.__new__(HearsPeers)
    node._heard, node._up = {}, set()
    node._silent_since_boot = asyncio.get_running_loop().time()
    node.communications = SimpleNamespace(link=lambda peer: LinkState(peer, up=peer in node._up))
    return node


def switched(node: Any, *up: str) -> None:
    """Its radio tells all its links, as it does each time that it is switched."""
    for peer in ("relay", "rover"):
        node.link_changed(LinkState(peer, up=peer in up))


def fly(story: Any) -> None:
    run(story(), VirtualLoop())


def test_a_radio_that_is_switched_each_night_hears_nobody_by_that() -> None:
    async def story() -> None:
        node = listener()
        switched(node, "relay")
        assert node.silence_of("relay") == 0.0
        switched(node)  # the pass is over
        for _ in range(4):
            await asyncio.sleep(SOL_SECONDS)
            switched(node)
        assert node.silence_of("relay") == pytest.approx(4.0 * SOL_SECONDS)
        assert node.heard("relay") and not node.heard("rover")
        switched(node, "relay")
        await asyncio.sleep(600.0)
        assert node.silence_of("relay") == 0.0, "a link that is up is heard all the time"
        switched(node)
        await asyncio.sleep(60.0)
        assert node.silence_of("relay") == pytest.approx(60.0), "since its end"

    fly(story)


def test_who_did_not_listen_counts_silence_from_when_it_does() -> None:
    async def story() -> None:
        node = listener()
        switched(node, "relay")
        switched(node)
        await asyncio.sleep(30.0 * SOL_SECONDS)
        node.listens_anew()
        await asyncio.sleep(1.0)
        assert node.silence_of("relay") == node.silence_of("rover") == pytest.approx(1.0)
        assert node.heard("relay") and not node.heard("rover")

    fly(story)


@pytest.mark.parametrize("kind", [LanderVehicle, RoverVehicle])
def test_who_hibernated_listens_anew(kind: Any) -> None:
    assert kind.listens_anew is HearsPeers.listens_anew, "what hibernation calls as it ends"

"""What the hardware says a second time is known for a repetition."""

import asyncio
from pathlib import Path

from flight.icd.messages import Exchange, Message
from ground.testbed.rig import Rig
from sim_hw.faults.bus_kinds import Duplicate
from tests.ground.testbed.seams.test_bus import OnTheBus


async def test_an_answer_and_a_signal_that_come_twice_are_heard_once(tmp_path: Path) -> None:
    heard: list[str] = []

    def hear(message: Message) -> None:
        assert isinstance(message, Exchange)
        heard.append(message.topic)

    async with Rig(tmp_path) as rig:
        bus = rig.hardware_bus
        peers: list[bytes] = []

        def answer(peer: bytes, message: Message) -> None:
            peers.append(peer)
            server.send(peer, message)

        server = bus.serve("rover.wheels", answer)
        rover = rig.bus("rover")
        client = rover.connect("rover.wheels", hear)
        twice = OnTheBus("rover")
        twice.active = True
        rig.buses.arm(Duplicate(copies=1), twice, lambda: True)
        for topic in ("one", "two"):
            client.send(Exchange("rover", topic, {}))
            await asyncio.sleep(1.0)
            server.send(peers[-1], Exchange("hardware", f"signal_{topic}", {}))
            await asyncio.sleep(1.0)
        assert heard == ["one", "signal_one", "two", "signal_two"]
        assert rover.counters.stale == len(twice.hits) == 4
        assert rover.counters.missing == 0

"""Same seed, same bits: over runs, hash seeds and kills; and another seed, other bits."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from flight.core.telling.communications import wire
from flight.icd.exchanges import Nothing, Topic
from flight.icd.messages import TERMINAL_RUNGS, Rung
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import SPEED, Toy

NAMES = ("toy", "lander", "mav")

STATUS = Topic("status", Nothing, dict[str, str], ("any",))


class Chatty(Toy):
    """A toy that asks the others now and then, and whose telemetry is noise."""

    def attach(self) -> None:
        super().attach()
        self.exchanges.answer(STATUS, self.tell)
        self.nursery.start(self.ask_others(), name="asking")

    async def tell(self, source: str, asked: Nothing) -> dict[str, str]:
        await asyncio.sleep(self.random.uniform(0.0, 5.0))
        return {"mode": self.state}

    async def ask_others(self) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(5.0, 20.0))
            self.temperature = self.random.gauss(290.0, 15.0)
            self.publish_telemetry()
            for other in self.routes:
                await self.exchanges.ask(other, STATUS, Nothing(), timeout=30.0, attempts=100)


KINDS = [
    type(
        f"Chatty_{name}",
        (Chatty,),
        {"name": name, "routes": {other: wire(other) for other in NAMES if other != name}},
    )
    for name in NAMES
]


async def mission(folder: Path, seed: int) -> tuple[str, list[list[Rung]]]:
    """Three nodes that talk, obey and are killed; the hash and the rungs of all commands."""
    async with Rig(folder, seed=seed) as rig:
        for kind in KINDS:
            rig.add_node(kind, SPEED)
        dice = random.Random(seed)
        sent = []
        for _ in range(8):
            await asyncio.sleep(dice.uniform(0.0, 60.0))
            for name in NAMES:
                sent.append(rig.send(name, "note", text="x"))
                sent.append(rig.send(name, "drive", distance=dice.uniform(1.0, 100.0)))
            victim = dice.choice(NAMES)
            await rig.kill(victim)
            await asyncio.sleep(dice.choice([0.0, 10.0]))
            await rig.restart(victim)
        await asyncio.sleep(2000.0)
        return rig.log.sha256(), [rig.rungs(identifier) for identifier in sent]


def fly(folder: Path, seed: int = 1, shuffle: int | None = None) -> tuple[str, list[list[Rung]]]:
    generator = None if shuffle is None else random.Random(shuffle)
    return run(mission(folder, seed), VirtualLoop(shuffle=generator))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the first seed, in the order in which things come: what others are held against
    is flown once."""
    return fly(tmp_path_factory.mktemp("plain"))[0]


@pytest.mark.requirement("RUN-01")
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(
    tmp_path: Path, plain: str
) -> None:
    hashes = [fly(tmp_path / str(number), seed)[0] for number, seed in enumerate([1, 1, 2])]
    assert hashes[0] == hashes[1] == plain
    assert hashes[2] != plain


@pytest.mark.parametrize("shuffle", range(4))
def test_whatever_the_order_every_command_that_was_received_ends_once(
    tmp_path: Path, shuffle: int, plain: str
) -> None:
    digest, commands = fly(tmp_path / "a", shuffle=shuffle)
    again, _ = fly(tmp_path / "b", shuffle=shuffle)
    assert digest == again
    assert digest != plain
    for rungs in commands:
        ends = [rung for rung in rungs if rung in TERMINAL_RUNGS]
        assert len(ends) == (1 if rungs else 0), rungs
    assert sum(1 for rungs in commands if Rung.COMPLETED in rungs) > 10


@pytest.mark.processes
def test_the_hash_does_not_depend_on_pythons_hash_seed(tmp_path: Path, plain: str) -> None:
    program = (
        "import sys, pathlib\n"
        "from tests.flight.core.test_determinism import fly\n"
        "print(fly(pathlib.Path(sys.argv[1]))[0])\n"
    )
    hashes = [plain]
    for hash_seed in ("0", "12345"):
        path = os.pathsep.join(sys.path)
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / hash_seed)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        hashes.append(done.stdout.strip())
    assert len(set(hashes)) == 1, hashes

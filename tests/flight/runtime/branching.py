"""A process of its own for the tests of branches: that of the tests has threads."""

import asyncio
import os
import sys
from pathlib import Path

from flight.icd.messages import Cancel
from flight.runtime.bus import Bus, Fabric
from flight.runtime.forking import Branch, BranchFailed, CannotBranch, branch
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.message_log import MessageLog
from flight.runtime.streams import stream


class Toy:
    """Two who send to and fro for a while."""

    def __init__(self, log: Path | None = None) -> None:
        self.log = MessageLog(log)
        self.count = 0
        self.over = False
        self.branches: list[Branch] = []

    async def fly(self, at: tuple[int, ...] = ()) -> str:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        fabric = MemoryFabric()
        near, far = (Bus(name, fabric=fabric, log=self.log) for name in ("near", "far"))

        def answer(peer: bytes, message: object) -> None:
            self.count += 1
            if self.count in at:
                loop.between(lambda: self.branches.append(branch(loop, self.work)))
            loop.call_later(0.25, server.send, peer, Cancel(self.count))

        server = near.serve("toy", answer)
        client = far.connect("toy", lambda message: None)
        for number in range(200):
            client.send(Cancel(number))
            await asyncio.sleep(0.1)
        self.over = True
        near.close()
        far.close()
        return self.log.sha256()

    def work(self) -> bytes:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.go_on(until=lambda: self.over)
        return self.log.sha256().encode()


def same_hash(folder: Path) -> None:
    alone = run(Toy().fly(), VirtualLoop())
    at = tuple(stream(1, "branches").sample(range(1, 200), 5))
    toy = Toy(folder / "messages.log")
    assert run(toy.fly(at), VirtualLoop()) == alone
    assert [each.result().decode() for each in toy.branches] == [alone] * 5
    toy.log.close()
    lines = (folder / "messages.log").read_bytes().count(b" far>toy ")
    assert lines == 200, "a branch has written into the file of the other"


def refusals(folder: Path) -> None:
    loop = VirtualLoop()

    async def within() -> None:
        branch(loop, lambda: b"")

    expect("between two rounds", within())
    fabric = Fabric()
    expect("1 contexts of ZeroMQ", within())
    fabric.close()


def expect(words: str, work: object) -> None:
    try:
        run(work, VirtualLoop())  # type: ignore[arg-type]
    except CannotBranch as error:
        assert words in str(error), error
    else:
        raise AssertionError(f"not refused: {words}")


def failures(folder: Path) -> None:
    loop = VirtualLoop()
    branches: list[Branch] = []

    def fail() -> bytes:
        raise ValueError("two")

    def never() -> bytes:
        loop.go_on(until=lambda: False)
        return b""

    async def fly() -> None:
        for work in (fail, lambda: os._exit(3), descriptors, never):
            loop.between(lambda work=work: branches.append(branch(loop, work)))
        await asyncio.sleep(1.0)

    with (folder / "open").open("w"):
        run(fly(), loop)
    for each, words in zip(branches, ("ValueError: two", "has died: 3"), strict=False):
        try:
            each.result()
        except BranchFailed as error:
            assert words in str(error), error
        else:
            raise AssertionError(words)
    try:
        branches[3].result()
    except BranchFailed as error:
        assert "all has ended" in str(error), error
    else:
        raise AssertionError("a branch that never ends")
    assert set(branches[2].result().decode().splitlines()) == {os.devnull}


def descriptors() -> bytes:
    """Where all descriptors of this process lead, but the standard ones and its pipe."""
    places = []
    for number in sorted(int(each) for each in os.listdir("/proc/self/fd")):
        try:
            place = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if number > 2 and not place.startswith("pipe:"):
            places.append(place)
    return "\n".join(places).encode()


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))

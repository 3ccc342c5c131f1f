"""The hardware side of the device bus: how many calls are in work, whose, and which are late."""

import asyncio
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from msgspec import Meta

from flight.icd.devices.base import (
    DeviceFault,
    DeviceInterface,
    DeviceRejected,
    actuation,
)
from flight.icd.messages import Call, Cancel, DeviceIdentity, DeviceSignal, Hello, Reply
from sim_hw.serving.server import DeviceServer

ANNA, BERT = b"anna#1", b"bert#1"


class Horn(DeviceInterface):
    """A horn."""

    fault_codes = ("no_power",)

    @actuation(limit=5.0)
    async def blow(self, seconds: Annotated[float, Meta(ge=0.0, le=100.0)]) -> None:
        """Blows."""
        raise NotImplementedError


class SimHorn(Horn):
    def __init__(self) -> None:
        self.begun = self.broken_off = 0

    async def blow(self, seconds: float) -> None:
        if seconds == 13.0:
            raise DeviceFault("no_power", "x" * 3000)
        if seconds == 14.0:
            raise DeviceRejected("not now")
        self.begun += 1
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.broken_off += 1
            raise


class Bench:
    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Any]] = []
        self.refused: list[str] = []
        loop = asyncio.get_running_loop()
        self.socket = SimpleNamespace(
            size=100, sent_ns=0, send=lambda peer, message: self.sent.append((peer, message)),
            refuse=self.refused.append,
        )  # fmt: skip
        self.loop = loop
        self.horn = SimHorn()
        bus: Any = SimpleNamespace(serve=self._serve)
        nursery: Any = SimpleNamespace(start=self._start)
        self.server = DeviceServer(bus, "horn", self.horn, nursery)

    def _serve(self, service: str, receive: Any) -> Any:
        self.receive = receive
        return self.socket

    def _start(self, work: Any, name: str, then: Any) -> Any:
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: then())
        return task

    def call(
        self, number: int, seconds: float = 50.0, peer: bytes = ANNA, *, age: float = 0.0,
        method: str = "blow", size: int = 100,
    ) -> None:  # fmt: skip
        self.socket.size = size
        self.socket.sent_ns = round((self.loop.time() - age) * 1e9)
        self.receive(peer, Call(number, method, {"seconds": seconds}))

    def replies(self) -> list[tuple[int, str]]:
        return [(m.number, m.error) for _, m in self.sent if isinstance(m, Reply)]

    def reasons(self) -> list[str]:
        return [m.reason for _, m in self.sent if isinstance(m, Reply)]


async def rest() -> None:
    await asyncio.sleep(0.0)
    await asyncio.sleep(0.0)


async def test_a_caller_has_sixty_four_calls_in_work_and_not_one_more() -> None:
    bench = Bench()
    for number in range(64):
        bench.call(number)
    assert bench.refused == []
    bench.call(64)
    assert bench.replies() == [(64, "rejected")] and "allowed are 64" in bench.reasons()[0]
    assert len(bench.refused) == 1 and bench.refused[0].startswith("horn.blow: 64 calls")
    bench.call(1, peer=BERT)
    assert len(bench.refused) == 1, "another's are not counted"
    await asyncio.sleep(51.0)
    bench.call(65)
    assert len(bench.refused) == 1, "they have ended"
    await asyncio.sleep(51.0)


async def test_all_callers_together_have_256() -> None:
    bench = Bench()
    for caller in range(4):
        for number in range(64):
            bench.call(number, peer=b"c%d" % caller)
    assert bench.refused == []
    bench.call(0, peer=b"fifth")
    assert "256 calls are in work" in bench.refused[0]
    await asyncio.sleep(51.0)


async def test_of_bytes_as_well_there_are_so_many_of_one_and_of_all() -> None:
    mega = 1 << 20
    bench = Bench()
    for number in range(4):
        bench.call(number, size=mega)
    assert bench.refused == [], "exactly as many as are allowed"
    bench.call(4, size=1)
    assert "allowed are 4194304" in bench.refused[0]
    for caller in (b"b", b"c", b"d"):
        for number in range(4):
            bench.call(number, peer=caller, size=mega)
    assert len(bench.refused) == 1
    bench.call(0, peer=b"e", size=1)
    assert "allowed are 16777216" in bench.refused[1]
    await asyncio.sleep(51.0)
    bench.call(0, size=9 * mega)
    assert len(bench.refused) == 2, "one alone may be as large as it is"
    await asyncio.sleep(51.0)


async def test_a_number_that_is_in_work_is_not_taken_again() -> None:
    bench = Bench()
    bench.call(7)
    bench.call(7)
    assert bench.replies() == [(7, "rejected")] and bench.reasons() == ["call 7 is in work"]
    bench.call(7, peer=BERT)
    await asyncio.sleep(51.0)
    assert bench.horn.begun == 2
    bench.call(7)
    await asyncio.sleep(51.0)
    assert bench.horn.begun == 3, "it has ended, and may come again"


@pytest.mark.parametrize(("age", "done"), [(5.0, True), (5.001, False), (0.0, True)])
async def test_a_call_older_than_its_limit_is_given_up(age: float, done: bool) -> None:
    bench = Bench()
    await asyncio.sleep(10.0)
    bench.call(1, 0.0, age=age)
    await asyncio.sleep(1.0)
    assert bench.replies() == [(1, "" if done else "rejected")] and bench.horn.begun == done
    if not done:
        assert "its limit of 5 s is over" in bench.reasons()[0]


async def test_what_is_wrong_is_said_with_its_kind() -> None:
    bench = Bench()
    bench.call(1, 13.0)
    bench.call(2, 14.0)
    bench.call(3, method="sing")
    bench.call(4, 101.0)
    await rest()
    assert bench.replies() == [(1, "fault"), (2, "rejected"), (3, "rejected"), (4, "rejected")]
    assert len(bench.reasons()[0]) == 2000 and bench.sent[0][1].code == "no_power"
    assert bench.reasons()[1] == "not now" and "sing" in bench.reasons()[2]
    assert bench.horn.begun == 0


async def test_a_cancelled_call_stops_and_is_answered_by_nobody() -> None:
    bench = Bench()
    bench.call(1)
    bench.call(2)
    await rest()
    bench.receive(BERT, Cancel(1))
    bench.receive(ANNA, Cancel(9))
    await rest()
    assert bench.horn.broken_off == 0, "another's call is not theirs to end"
    bench.receive(ANNA, Cancel(1))
    await rest()
    assert bench.horn.broken_off == 1 and bench.replies() == []
    await asyncio.sleep(51.0)
    assert bench.replies() == [(2, "")]


async def test_a_new_boot_ends_what_the_old_one_began_and_a_late_hello_is_none() -> None:
    bench = Bench()
    bench.receive(ANNA, Hello("anna", 1))
    bench.call(1)
    bench.call(2, peer=BERT)
    await rest()
    bench.receive(b"anna#2", Hello("anna", 2))
    await rest()
    assert bench.horn.broken_off == 1, "those of another go on"
    bench.receive(ANNA, Hello("anna", 1))
    bench.server.emit("blown", {"loud": True})
    signals = [peer for peer, message in bench.sent if isinstance(message, DeviceSignal)]
    assert signals == [b"anna#2"], "who speaks late is heard no more"
    bench.receive(b"anna#2", Hello("anna", 2))
    identities = [peer for peer, message in bench.sent if isinstance(message, DeviceIdentity)]
    assert identities == [ANNA, b"anna#2", b"anna#2"]
    await asyncio.sleep(51.0)


async def test_sixty_four_drivers_are_told_and_no_more() -> None:
    bench = Bench()
    for number in range(65):
        bench.receive(b"d%d" % number, Hello(f"d{number}", 1))
    assert len(bench.sent) == 64 and "64 drivers" in bench.refused[0]
    bench.receive(b"d1x", Hello("d1", 2))
    assert len(bench.sent) == 65, "one that is known boots as often as it likes"


async def test_who_is_gone_and_a_device_that_is_another_end_what_was_asked() -> None:
    bench = Bench()
    bench.receive(ANNA, Hello("anna", 1))
    bench.call(1)
    bench.call(1, peer=BERT)
    await rest()
    bench.server.let_go("ann")
    await rest()
    assert bench.horn.broken_off == 0
    bench.server.let_go("anna")
    await rest()
    assert bench.horn.broken_off == 1
    bench.sent.clear()
    other = DeviceIdentity("Drum", "0" * 64)
    bench.server.restarted(other)
    await rest()
    assert bench.horn.broken_off == 2 and bench.sent == [(ANNA, other)]
    assert bench.server.identity == other

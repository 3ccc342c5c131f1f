"""The life of one real device on its wire: absent, found, identified, safe, armed; and lost.

`run` goes on for as long as the bench does: a device that was lost is looked for again, and is safe
and identified anew before it may move. Nothing that was asked before a loss is delivered after it.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from flight.icd.devices.base import DeviceError, DeviceFault, DeviceRejected
from sim_hw.bench.wire.client import HEARTBEAT, SILENCE, Answer, LinkLost, ProtocolClient
from sim_hw.bench.wire.payloads import DeviceSaid
from sim_hw.bench.wire.wires import Wire, WireLost

ABSENT, FOUND, IDENTIFIED, SAFE, ARMED, LOST, REFUSED = (
    "absent", "found", "identified", "safe", "armed", "lost", "refused",
)  # fmt: skip
RETRY = 0.25  # s between looks for a device that is not there
REFUSED_FOR = 1.0  # s until one that was refused is looked at again
BORN_AGAIN = 0.5  # s by which two readings of an uptime may differ, and
DRIFT = 2e-4  # of the time between them (assumption: a resonator without a crystal is worse)

_VERSION = re.compile(r"(>=|==)?\s*([0-9]+(?:\.[0-9]+)*)\Z")


@dataclass(frozen=True)
class Wanted:
    """The device that belongs on a wire; an empty text: any."""

    service: str
    interface: str
    interface_hash: str
    model: str = ""
    serial: str = ""
    firmware: str = ""
    heartbeat: float = HEARTBEAT
    silence: float = SILENCE

    def wrong(self, told: Any) -> str:
        """Why a device is another one than is wanted, with the next step; "" when it is it."""
        if not isinstance(told, dict):
            return "it does not say what it is"
        pairs = (("interface", self.interface), ("model", self.model), ("serial", self.serial))
        for name, wanted in pairs:
            if wanted and told.get(name) != wanted:
                return f"its {name} is {told.get(name)}; the bench file wants {wanted}"
        if told.get("interface_hash") != self.interface_hash:
            return (
                f"it was made for another version of {self.interface} "
                f"({str(told.get('interface_hash'))[:12]}, here {self.interface_hash[:12]}): "
                "build its firmware anew"
            )
        if self.firmware and not _is_version(str(told.get("firmware")), self.firmware):
            return f"its firmware is {told.get('firmware')}; the bench file wants {self.firmware}"
        return ""


def is_version_rule(rule: str) -> bool:
    """Whether a text says which versions are wanted: `>=1.2`, `==1.2` or `1.2`."""
    return _VERSION.match(rule) is not None


def _is_version(told: str, rule: str) -> bool:
    found, wanted = _VERSION.match(told), _VERSION.match(rule)
    if found is None or wanted is None:
        return False
    ours, theirs = ([int(each) for each in m[2].split(".")] for m in (wanted, found))
    return theirs >= ours if wanted[1] == ">=" else theirs == ours


class Refused(Exception):
    """The device on the wire is another one than is wanted."""


Tell = Callable[[list[Any]], None]


class DeviceLink:
    """One device, from outside: its state is told by `["state", service, state, words, boot,
    identity]`, answers by `["reply", ...]`, effects by `["effect", service, number, data]`."""

    def __init__(
        self, wanted: Wanted, open_wire: Callable[[], Awaitable[Wire]], tell: Tell
    ) -> None:
        self.wanted = wanted
        self.state = ABSENT
        self.boot = 0
        """Which power-up of the device, as far as anybody here has seen."""
        self._open = open_wire
        self._tell = tell
        self._words = ""
        self._identity: dict[str, Any] = {}
        self._client: ProtocolClient | None = None
        self._hellos = 0
        self._born: tuple[float, float] | None = None  # of its clock, s; when that was seen
        self._uptime = 0.0
        self._calls: dict[int, asyncio.Task[None]] = {}  # by the number of who asked
        self._numbers: dict[int, int] = {}  # of the wire, to those

    # ----------------------------------------------------------------- life

    async def run(self) -> None:
        """Looks for the device, keeps it, and looks for it again."""
        while True:
            pause = RETRY
            try:
                await self._live()
            except Refused as why:
                self._become(REFUSED, str(why))
                pause = REFUSED_FOR
            except (WireLost, DeviceError) as why:
                self._become(LOST if self.state != ABSENT else ABSENT, str(why))
            finally:
                self._let_go()
            await asyncio.sleep(pause)

    async def _live(self) -> None:
        wire = await self._open()
        if self.state in (ABSENT, REFUSED, LOST):
            self._become(FOUND if self.state == ABSENT else self.state, self._words)
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        client = self._client = ProtocolClient(
            wire, f"bench.{self.wanted.service}", heartbeat=self.wanted.heartbeat,
            silence=self.wanted.silence, on_said=self._said,
            on_lost=lambda why: lost.set_result(why) if not lost.done() else None,
        )  # fmt: skip
        self._hellos += 1
        client.start(self._hellos)
        self._identity = await client.own("identity")
        wrong = self.wanted.wrong(self._identity)
        if wrong:
            raise Refused(wrong)
        if type(self._identity.get("maximum_frame")) is int:
            client.limit_payload(self._identity["maximum_frame"])
        await self._see_boot(client)
        self._become(IDENTIFIED, "")
        await client.own("safe", on=True)
        self._become(SAFE, "")
        await client.own("safe", on=False)
        self._become(ARMED, "")
        raise LinkLost(await lost)

    async def _see_boot(self, client: ProtocolClient) -> None:
        """Finds out whether it has been switched off since it was seen last."""
        told = await client.own("ping")
        if not isinstance(told, dict) or type(told.get("uptime_us")) is not int:
            raise Refused(f"ping is {told!r}; allowed is {{uptime_us: whole number}}")
        now, uptime = asyncio.get_running_loop().time(), told["uptime_us"] / 1e6
        born = now - uptime
        if self._born is not None:
            may_differ = BORN_AGAIN + DRIFT * (now - self._born[1])
            same = abs(born - self._born[0]) <= may_differ and uptime >= self._uptime
        if self._born is None or not same:
            self.boot += 1
        self._born, self._uptime = (born, now), uptime

    def _become(self, state: str, words: str) -> None:
        if (state, words) != (self.state, self._words):
            self.state, self._words = state, words
            service = self.wanted.service
            self._tell(["state", service, state, words, self.boot, self._identity])

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            if client.uptime is not None:
                self._uptime = max(0.0, client.uptime)
            client.close()
        self._numbers.clear()

    # ---------------------------------------------------------------- calls

    def call(
        self, number: int, method: str, arguments: dict[str, Any], limit: float, valid: float
    ) -> None:
        """Has a call made; what becomes of it is told."""
        self._calls[number] = asyncio.get_running_loop().create_task(
            self._call(number, method, arguments, limit, valid), name=f"{method} {number}"
        )

    async def _call(
        self, number: int, method: str, arguments: dict[str, Any], limit: float, valid: float
    ) -> None:
        told: list[Any]
        try:
            if self._client is None or self.state != ARMED:
                raise LinkLost(f"{self.wanted.service} is {self.state}: {self._words}")
            self._numbers[self._client.last_number + 1] = number
            answer = await self._client.call(method, arguments, limit=limit, valid=valid)
            told = _told(answer)
        except DeviceRejected as error:
            told = [None, "rejected", str(error), "", 0, 0]
        except DeviceFault as error:
            told = [None, "fault", str(error), error.code, 0, 0]
        except DeviceError as error:
            told = [None, "lost", str(error), "", 0, 0]
        except asyncio.CancelledError:
            return
        finally:
            self._calls.pop(number, None)
        self._tell(["reply", self.wanted.service, number, *told])

    def cancel(self, number: int) -> None:
        """Nobody wants a call any more: the device stops what it does for it."""
        task = self._calls.get(number)
        if task is not None:
            task.cancel()

    def drop(self, why: str) -> None:
        """Nothing it says is believed any more: it is lost, and its dead man stops it."""
        if self._client is not None:
            self._client._end(why)

    def _said(self, said: DeviceSaid) -> None:
        data = said.data
        number = data.get("number") if isinstance(data, dict) else None
        if said.name == "effect" and number in self._numbers:
            self._tell(["effect", self.wanted.service, self._numbers[number], data])

    async def close(self) -> None:
        """Makes it safe, if it is there, and lets go of it."""
        client = self._client
        if client is not None and not client.lost:
            with contextlib.suppress(DeviceError):  # then its dead man does it
                await client.own("safe", on=True)
        self._let_go()


def _told(answer: Answer) -> list[Any]:
    age, way = round(1e6 * answer.age), round(1e6 * answer.round_trip)
    return [answer.result, "", "", "", age, way]

"""The edge's connection to the run: asks, polls, and notices when the run is gone and back."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import zmq

from flight.configuration.outside_files import UNDECODABLE
from flight.icd.codec import CodecError, decode_plain, encode
from ground.api.benches import LETS_MOVE
from ground.api.fields import Change, Request
from ground.api.requests import REQUEST_TYPES
from ground.client.frames import LARGEST_ANSWER
from ground.client.sockets import LoopSocket

CONTROL_FILE = "control.json"  # of the run folder, written by the run
MARK = "run.json"
A_POLL = 500  # entries of the journal
PERIOD = 0.1  # wall seconds between polls
SILENT = 3.0  # wall seconds without an answer after which the run counts as gone
ORDERED = 6.0  # wall seconds for the bench to say that it has done what was ordered
PATIENCE = 25.0  # wall seconds for the answer to a request
WAITING = 2000  # requests on their way

RESUMING = "the run flies again to where it was: nothing is changed until it is there"

Answer = dict[str, Any]


@dataclass
class LinkState:
    """Whether the run answers; `since`: wall time (s) of the last change; `life`: which life."""

    up: bool = False
    since: float = 0.0
    why: str = "the run has not answered yet"
    life: str = ""


@dataclass
class RunLink:
    """Speaks to the run of a folder, whoever it is at the time. `now`: wall seconds since 1970.

    `on_poll` is given each answer to a poll, `on_life` is called when another life of the run
    begins, before its first poll.
    """

    folder: Path
    now: Callable[[], float]
    on_poll: Callable[[Answer], None]
    on_life: Callable[[], None]
    on_link: Callable[[LinkState], None]
    where: Callable[[], tuple[int, int]]  # the journal and telemetry that are known already
    roles: Mapping[str, frozenset[str]]
    resuming: Callable[[], bool] = lambda: False  # what is changed then would be in its past
    state: LinkState = field(default_factory=LinkState)
    _socket: LoopSocket | None = None
    _address: str = ""
    _waiting: dict[bytes, "asyncio.Future[Answer]"] = field(default_factory=dict)
    _is_up: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0
    _polled: "tuple[bytes, asyncio.Future[Answer]] | None" = None
    _polled_at: float = 0.0

    async def keep(self) -> None:
        """Polls for ever."""
        context: zmq.Context[Any] = zmq.Context()
        self.state.since = self.now()
        try:
            while True:
                self._attach(context)
                if not await self._poll():
                    await asyncio.sleep(PERIOD)
        finally:
            self._drop("the edge has ended")
            if self._socket is not None:
                self._socket.close()
            context.destroy(linger=0)

    async def ask(self, user: str, session: str, key: str, request: Answer) -> Answer:
        """The run's answer to a person's request."""
        roles = sorted(self.roles.get(user, ()))
        who = {"user": user, "session": session, "roles": roles, "key": key}
        asked = {"do": "ask", **who, "request": request}
        return await self._asked(asked, PATIENCE, changes=_changes(request))

    async def pace(
        self, rate: float | None, until: float | None, told: dict[str, str] | None = None
    ) -> Answer:
        """Sets the pace; `until`: seconds of mission time; `told`: what is to be heard."""
        asked: Answer = {"do": "pace", "rate": rate, "until": until}
        asked |= {} if told is None else {"told": told}
        return await self._asked(asked, SILENT, changes=True)

    async def bench(self) -> Answer:
        """How what is real in the run is: `bench` is None where nothing is."""
        return await self._asked({"do": "bench_look"}, SILENT, changes=False)

    async def bench_order(
        self, user: str, roles: Iterable[str], order: str, service: str, seconds: float | None,
        kind: str, figure: float | None,
    ) -> Answer:  # fmt: skip
        """A person's order to the bench. Stopping and making safe go through at any time."""
        asked = {
            "do": "bench", "order": order, "who": user, "roles": sorted(roles),
            "service": service, "seconds": seconds, "kind": kind, "figure": figure,
            "until": time.monotonic() + ORDERED,
        }  # fmt: skip
        return await self._asked(asked, ORDERED, changes=order in LETS_MOVE)

    async def _poll(self) -> bool:
        """Takes the answer to the last poll, if it is there, and asks again; whether there is more
        at once."""
        if self._socket is None:
            return False
        loop = asyncio.get_running_loop()
        if self._polled is None:
            journal, telemetry = self.where()
            request = {"do": "poll", "journal": journal, "telemetry": telemetry, "limit": A_POLL}
            self._polled, self._polled_at = self._send(request), loop.time()
        await asyncio.wait([self._polled[1]], timeout=PERIOD)
        if not self._polled[1].done():
            if loop.time() - self._polled_at > SILENT:
                self._gone("the run does not answer")
            return True  # it has been waited for already
        self._waiting.pop(self._polled[0], None)
        answer, self._polled = self._polled[1].result(), None
        if not answer.get("ok"):
            self._gone(f"the run cannot be polled: {answer.get('refused')}")
            return False
        if not self.state.up:
            self.state.up, self.state.since, self.state.why = True, self.now(), ""
            self._is_up.set()
            self.on_link(self.state)
        self.on_poll(answer)
        return len(answer.get("journal", ())) >= A_POLL

    async def _asked(self, message: Answer, patience: float, *, changes: bool) -> Answer:
        if not self.state.up:
            await self._wait_for_it()
        if self._socket is None or not self.state.up:
            return self._away()
        if changes and self.resuming():
            return {"ok": False, "away": True, "refused": RESUMING}
        if len(self._waiting) >= WAITING:
            return {"ok": False, "refused": "too many requests wait for the run; ask again"}
        try:
            number, answered = self._send(message)
        except CodecError as error:
            return {"ok": False, "refused": str(error)}
        try:
            done, _ = await asyncio.wait([answered], timeout=patience)
            return answered.result() if done else self._away()
        finally:
            self._waiting.pop(number, None)

    async def _wait_for_it(self) -> None:
        """A while, for a run that is just beginning or coming back."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENT):
                await self._is_up.wait()

    def _send(self, message: Answer) -> "tuple[bytes, asyncio.Future[Answer]]":
        assert self._socket is not None
        data = encode(message)
        self._number += 1
        number = self._number.to_bytes(8, "big")
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._socket.send([number, data])
        return number, self._waiting[number]

    def _answered(self, frames: list[bytes], _: str) -> None:
        answered = self._waiting.get(frames[0]) if len(frames) == 2 else None
        if answered is None or answered.done():
            return
        try:
            answer = decode_plain(frames[1])
        except CodecError:
            answer = None
        answered.set_result(answer if isinstance(answer, dict) else _NONSENSE)

    def _away(self) -> Answer:
        why = self.state.why or "the run does not answer"
        return {"ok": False, "away": True, "refused": why}

    # ------------------------------------------------------------- attaching

    def _attach(self, context: "zmq.Context[Any]") -> None:
        """Connects where the run says that it is, if that is another place than before."""
        address = self._announced()
        if address == self._address:
            if not address:  # a run that ends takes its address away before it says how it ended
                self._gone(self._ended())
            return
        self._address = address
        if self._socket is not None:
            self._socket.close()
            self._socket = self._polled = None
        self._gone(self._ended() if not address else "another run has begun here")
        self._drop("the run went away before it answered; whether it was taken nobody knows")
        if address:
            self.state.life = self._life()
            self._socket = LoopSocket(
                context.socket(zmq.DEALER), self._answered, largest=LARGEST_ANSWER, waiting=WAITING
            )
            self._socket.connect(address)
            self.on_life()

    def _life(self) -> str:
        """Names this life of the run: its folder of sockets, which each makes anew."""
        return self._address.removeprefix("ipc://").rstrip("/").rpartition("/")[0][-12:]

    def _announced(self) -> str:
        try:
            plain = msgspec.json.decode((self.folder / CONTROL_FILE).read_bytes())
            return str(plain["address"])
        except (OSError, *UNDECODABLE, KeyError, TypeError):
            return ""

    def _ended(self) -> str:
        try:
            mark = msgspec.json.decode((self.folder / MARK).read_bytes(), type=dict[str, Any])
        except (OSError, *UNDECODABLE):
            return "there is no run"
        verdict = mark.get("verdict") or mark.get("reason") or ""
        return f"the run is {mark.get('state')}{': ' if verdict else ''}{verdict}"

    def _gone(self, why: str) -> None:
        if self.state.up:
            self.state.up, self.state.since = False, self.now()
            self._is_up.clear()
            self.state.why = why
            self.on_link(self.state)
        elif why != self.state.why:
            self.state.why = why
            self.on_link(self.state)

    def _drop(self, why: str) -> None:
        for answered in list(self._waiting.values()):
            if not answered.done():
                answered.set_result({"ok": False, "away": True, "refused": why})


def _changes(request: Answer) -> bool:
    return issubclass(REQUEST_TYPES.get(str(request.get("do")), Request), Change)


_NONSENSE = {"ok": False, "refused": "the run answered with nonsense"}

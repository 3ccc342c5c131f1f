"""Answers requests: finds out who asks, and hands on to the run what is not the edge's own."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from flight.configuration.files import ConfigurationError
from flight.icd.codec import CodecError, decode_plain, unpack
from ground.api.at_the_edge import Login, Logout
from ground.api.operators import nobody_called
from ground.api.requests import people_named
from ground.client.frames import AnswerFrame, RequestFrame
from ground.edge.attempts import Attempts
from ground.edge.counts import Counts
from ground.edge.own_requests import OwnRequests
from ground.edge.passwords import LONGEST, Passwords
from ground.edge.run_link import RunLink
from ground.edge.sessions import Sessions

Plain = dict[str, Any]
T = TypeVar("T")
LOGIN, LOGOUT = OF_THE_EDGE = "login", "logout"
"""What is answered here, before and after anybody is somebody."""


def _number(plain: Any) -> int | None:
    """The number of a frame that is none otherwise: who sent it waits for an answer to it."""
    number = plain.get("id") if isinstance(plain, dict) else None
    return number if type(number) is int and abs(number) < 1 << 63 else None


class Refusal(Exception):
    """A sentence for who asked."""


def _read(request: Plain, kind: type[T]) -> T:
    """The request as a `kind`; raises Refusal. What was given is not said: it may be a secret."""
    try:
        return msgspec.convert(request, kind)
    except msgspec.ValidationError as error:
        raise Refusal(f"no request: {request['do']}: {error}") from None


@dataclass(frozen=True)
class Person:
    """Who asks, by a session or a key; `session` is its public name."""

    user: str
    session: str


@dataclass
class Gateway:
    """What a request is answered with, whichever way it came."""

    sessions: Sessions
    passwords: Passwords
    attempts: Attempts
    link: RunLink
    own: OwnRequests
    counts: Counts
    _on_their_way: dict[tuple[str, str], "asyncio.Task[Plain]"] = field(default_factory=dict)

    async def answer(self, data: bytes, key_user: str = "") -> AnswerFrame:
        """The answer to a frame; `key_user`: whose key the sender has, where it has one."""
        self.counts.requests += 1
        plain: Any = None
        try:
            plain = unpack(data)
            frame = msgspec.convert(decode_plain(data), RequestFrame)
        except (CodecError, msgspec.ValidationError) as error:
            self.counts.malformed += 1
            return AnswerFrame(_number(plain), False, refused=f"no request: {error}")
        try:
            plain = await self._answer(frame, key_user)
        except Refusal as refusal:
            return AnswerFrame(frame.id, False, refused=str(refusal))
        except ConfigurationError as error:  # of a file of the edge's own, such as the passwords
            return AnswerFrame(frame.id, False, refused=f"it cannot be done here: {error}")
        except OSError as error:  # such as a full disk: who asked is not left without an answer
            why = error.strerror or str(error)
            return AnswerFrame(frame.id, False, refused=f"it cannot be done here: {why}")
        return AnswerFrame(
            frame.id,
            plain.get("ok") is True,
            plain.get("result"),
            str(plain.get("refused", "")),
            plain.get("away") is True,
        )

    async def _answer(self, frame: RequestFrame, key_user: str) -> Plain:
        do = frame.request.get("do")
        if not isinstance(do, str):
            raise Refusal("no request: it has no key do; it says what is asked, such as hello")
        if do == LOGIN:
            return {"ok": True, "result": await self._log_in(frame.request)}
        person = self._who(frame, key_user)
        if do == LOGOUT:
            _read(frame.request, Logout)
            self.sessions.close(frame.session or "")
            return {"ok": True, "result": {}}
        own = self.own.get(do)
        if own is not None:
            return await own(person.user, frame.request)
        if do == "expire":
            raise Refusal("approvals expire by themselves; nobody asks for it")
        for what, name in people_named(frame.request):
            if name not in self.own.roles:
                raise Refusal(nobody_called(name, self.own.roles, what))
        answer = await self._once(person, frame)
        self._need_anybody(frame.request, answer)
        return answer

    def _need_anybody(self, request: Plain, answer: Plain) -> None:
        """Refuses a history of somebody who is not here: an empty one would say that they did
        nothing. One who was here once has done something, before the last of which is nothing."""
        asks = request.get("do") == "history" and request.get("before") is None
        name = request.get("user") if asks else None
        found = (answer.get("result") or {}).get("commands")
        if isinstance(name, str) and found == [] and name not in self.own.roles:
            raise Refusal(nobody_called(name, self.own.roles))

    def _who(self, frame: RequestFrame, key_user: str) -> Person:
        """Who asks, by their session or key alone."""
        person = Person(key_user, f"{key_user}-key") if key_user else None
        if frame.session:
            session = self.sessions.find(frame.session)
            if session is None:
                self.counts.unknown_session += 1
                raise Refusal("this session is not known here, or is over; log in")
            if key_user and session.user != key_user:
                self.counts.forged += 1
                raise Refusal(f"the key is of {key_user}, and the session of somebody else")
            person = Person(session.user, session.number)
        if person is None:
            self.counts.unknown_session += 1
            raise Refusal("nobody knows who asks; log in first")
        if frame.user is not None and frame.user != person.user:
            self.counts.forged += 1
            raise Refusal(f"you are {person.user}; nothing is done in the name of {frame.user!r}")
        return person

    async def _once(self, person: Person, frame: RequestFrame) -> Plain:
        """The run's answer; the same key again, while it is on its way, is the same request."""
        key = frame.key or secrets.token_hex(16)
        name = person.user, key
        task = self._on_their_way.get(name)
        if task is None:
            asked: Awaitable[Plain] = self.link.ask(person.user, person.session, key, frame.request)
            task = asyncio.ensure_future(asked)
            self._on_their_way[name] = task
            task.add_done_callback(lambda _: self._on_their_way.pop(name, None))
        else:
            self.counts.asked_again += 1
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends what is on its way."""
        tasks = set(self._on_their_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # ------------------------------------------------------------- logging in

    async def _log_in(self, request: Plain) -> Plain:
        asked = _read(request, Login)
        if asked.token is not None:
            token = asked.token
            found = self._unlocked("link", lambda: self.sessions.use_link(token))
        else:
            user, password, right = asked.user or "", asked.password or "", False
            if self._may_try(user) and len(password) <= LONGEST:
                right = await self.passwords.is_of(user, password)
            found = self._unlocked(user, lambda: user if right else None)
        self.counts.logins += 1
        opened, session = self.sessions.open(found)
        return {"session": opened, "user": found, "number": session.number}

    def _may_try(self, name: str) -> bool:
        left = self.attempts.locked_for(name)
        if left > 0.0:
            self.counts.logins_refused += 1
            raise Refusal(f"too many attempts to log in; try again in {left:.0f} s")
        return True

    def _unlocked(self, name: str, find: Callable[[], str | None]) -> str:
        """Who logs in; refuses and counts what is wrong."""
        self._may_try(name)
        found = find()
        if found is None:
            self.attempts.failed(name)
            self.counts.logins_refused += 1
            raise Refusal(
                "this link is not known here, or was used already"
                if name == "link"
                else "no person with this name and password is known here"
            )
        self.attempts.succeeded(name)
        return found

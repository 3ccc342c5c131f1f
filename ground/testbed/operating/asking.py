"""People's requests on the control socket of a run: what only looks is answered at once, what
changes something becomes an input, and is answered when that has acted."""

from collections.abc import Callable
from typing import Annotated, Any, Protocol

import msgspec

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES, CodecError, encode
from flight.runtime.loop import NANOSECONDS
from ground.api.commanding import Expire, Role
from ground.api.entries import Answer
from ground.api.fields import Change, Key, Read
from ground.api.operators import Operators, nobody_called
from ground.api.requests import NoRequest, people_named, plain_request, read_request
from ground.api.training import Checkpoint
from ground.mission_control import EDGE, Asked, Service
from ground.testbed.record.inputs import RequestInput

MOST_WAITING = 1000  # changes that have not acted yet
DOWN = "mission control is down: nothing was done"

Reply = Callable[[dict[str, Any]], None]
"""Sends the answer to one request."""


class Held(Protocol):
    """How fast a run may go; see `flight.runtime.throttled_loop.Pace`."""

    @property
    def rate(self) -> float:
        """Mission seconds in a wall second."""
        ...

    @property
    def until_ns(self) -> int | None:
        """The instant at which it will stand."""
        ...


class Wall(Protocol):
    """The wall clock."""

    def now(self) -> float:
        """Wall seconds, that never go back."""
        ...


class AskedRun(Protocol):
    """The run that is asked: a loop that is held back, or one of several on a common clock."""

    @property
    def pace(self) -> Held:
        """How fast it may go."""
        ...

    @property
    def outside(self) -> Wall:
        """By which who looks is noticed."""
        ...

    def time_ns(self) -> int:
        """Mission time."""
        ...

    def put(self, data: Any) -> None:
        """Has an input admitted."""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="ask"):
    """A person's request, by the edge's word. `key`: of a change, which is not done twice.

    `roles`: those of the person; left out, they are looked up in the operators' file of the run.
    """

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    request: dict[str, Any]
    session: Annotated[str, msgspec.Meta(max_length=120)] = ""
    roles: Annotated[tuple[Role, ...], msgspec.Meta(max_length=7)] | None = None
    key: Key | None = None


class Poll(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="poll"):
    """Asks for what is new since an entry of the journal and a version of the telemetry."""

    journal: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    telemetry: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 500


class Asking:
    """Of one run. `service`: the service of mission control; None while that is down."""

    def __init__(
        self, loop: AskedRun, operators: Operators, service: Callable[[], Service | None]
    ) -> None:
        self._loop = loop
        self._operators = operators
        self._service = service
        self._waiting: dict[tuple[str, str], tuple[dict[str, Any], list[Reply]]] = {}
        self.ended: str | None = None
        """The verdict of the run, when it is over."""
        self._polled = float("-inf")
        self.why_not: Callable[[], str] = lambda: ""
        """Why nothing may be changed now; "": it may."""

    # ------------------------------------------------------------------ asking

    def ask(self, ask: Ask, reply: Reply) -> None:
        """Answers a request, now or when it has acted."""
        try:
            roles = self._roles(ask)
            request = read_request(ask.request)
            if ask.user == EDGE and not isinstance(request, Expire):
                raise NoRequest(f"{EDGE} tells that people's time is over, and nothing else")
        except NoRequest as error:
            reply(_refusal(str(error)))
            return
        asked = Asked(ask.user, ask.session, roles, ask.key or "")
        if isinstance(request, Read):
            reply(self._read(asked, request))
        else:
            self._change(asked, roles, request, reply)

    def _roles(self, ask: Ask) -> tuple[Role, ...]:
        if ask.user == EDGE:
            return ()
        if ask.roles is not None:
            return ask.roles
        known = self._operators.users.get(ask.user)
        if known is None:
            raise NoRequest(nobody_called(ask.user, self._operators.users))
        for field, name in people_named(ask.request):
            if name not in self._operators.users:
                raise NoRequest(nobody_called(name, self._operators.users, field))
        return tuple(known.roles)

    def _read(self, asked: Asked, request: Read) -> dict[str, Any]:
        service = self._service()
        if service is None:
            return _refusal(DOWN)
        try:
            return plain_answer(service.read(asked, request))
        except Exception as error:  # who looks ends no run
            return _refusal(f"mission control broke on this: {type(error).__name__}: {error}")

    def _change(
        self, asked: Asked, roles: tuple[Role, ...], request: Change, reply: Reply
    ) -> None:
        if not asked.key:
            reply(_refusal("a change has a key, so that it is not done twice: none was given"))
            return
        plain, place = plain_request(request), (asked.user, asked.key)
        why_not = self.why_not()
        if why_not:
            reply(_refusal(why_not))
            return
        waiting = self._waiting.get(place)
        service = self._service()
        before = None if service is None else service.asked_under(asked)
        if (waiting is not None and waiting[0] != plain) or before not in (None, plain):
            reply(_refusal(f"key = {asked.key!r}: was used for another request"))
        elif service is not None and before is not None:
            answer = service.answered(asked)
            assert answer is not None
            reply(plain_answer(answer))
        elif waiting is not None:
            waiting[1].append(reply)
        elif service is None and isinstance(request, Checkpoint):
            reply(_refusal(DOWN))  # in the record it would be one: a branch would go on from it
        elif len(self._waiting) >= MOST_WAITING:
            reply(_refusal(f"{MOST_WAITING} requests wait already: ask again later"))
        else:
            self._waiting[place] = (plain, [reply])
            given = RequestInput(asked.user, asked.session, roles, asked.key, plain)
            self._loop.put(msgspec.to_builtins(given))

    def acted(self, given: RequestInput, answer: Answer) -> None:
        """An input has acted: who asked for it is answered."""
        _, replies = self._waiting.pop((given.user, given.key), (None, []))
        for reply in replies:
            reply(plain_answer(answer))

    def end(self) -> None:
        """The run is over: what waits is not done any more."""
        for _, replies in self._waiting.values():
            for reply in replies:
                reply(_refusal("the run has ended: nothing was done"))
        self._waiting.clear()

    # ----------------------------------------------------------------- polling

    def poll(self, poll: Poll) -> dict[str, Any]:
        """How all is; see `Poll`."""
        self._polled = self._loop.outside.now()
        pace, service = self._loop.pace, self._service()
        state = {
            "time_ns": self._loop.time_ns(),
            "pace": None if pace.rate == float("inf") else pace.rate,
            "until": None if pace.until_ns is None else pace.until_ns / NANOSECONDS,
            "ended": self.ended,
            "ground": "down" if service is None else "up",
        }
        if service is None:
            return state
        return state | service.poll(poll.journal, poll.telemetry, poll.limit)

    def was_polled_since(self, wall: float) -> bool:
        """Whether somebody has polled since an instant of the wall."""
        return self._polled >= wall


def plain_answer(answer: Answer) -> dict[str, Any]:
    """An answer as it travels; one that is too large is refused."""
    if not answer.ok:
        return _refusal(answer.refused)
    plain = {"ok": True, "result": answer.result}
    try:
        encode(plain)
    except CodecError:
        return _refusal(f"the answer has more than {MAXIMUM_MESSAGE_BYTES} bytes: ask for less")
    return plain


def _refusal(sentence: str) -> dict[str, Any]:
    return {"ok": False, "refused": sentence}

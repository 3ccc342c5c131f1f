"""How a request finds who answers it: each kind of request has one handler, in a table.

A module of requests makes a `Handlers`, and names its functions in it:

    handlers = Handlers()

    @handlers.read(reads.Passes)
    def passes(desk: ControlDesk, asked: Asked, request: reads.Passes) -> dict[str, Any]: ...

    @handlers.change(controlling.AlarmAck, roles=(OPERATOR, DIRECTOR))
    def acknowledge(desk: ControlDesk, asked: Asked, request: controlling.AlarmAck) -> ...: ...

A read changes nothing, neither in memory nor in the archive, where it looks by `Archive.look`. A
change runs within one transaction of the archive and refuses (`Refused`) before it changes
anything; what it did it tells in the journal. Both answer plain data.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ground.api.fields import EDGE as EDGE
from ground.api.fields import Change, Read, Request

OBSERVER, OPERATOR, DIRECTOR = "observer", "operator", "director"
ENGINEER, ADMIN, TRAINER = "engineer", "admin", "trainer"


class Refused(ValueError):
    """A request that is not done; the text says why, and what would be allowed."""


def need_known(name: str, *tables: Collection[str]) -> None:
    """Raises Refused for a name that is in none of the tables: an empty answer would say that there
    was nothing of the kind, where there can be nothing."""
    known = sorted({each for table in tables for each in table})
    if known and name not in known:
        near = get_close_matches(name, known, n=3)
        words = f"did you mean {' or '.join(near)}?" if near else f"there are {len(known)} others"
        raise Refused(f"name = {name!r}: no vehicle here has one of that name; {words}")


@dataclass(frozen=True)
class Asked:
    """Who asks: by the edge's word, in which session, with which roles, under which key."""

    user: str
    session: str = ""
    roles: tuple[str, ...] = ()
    key: str = ""


Handle = Callable[[Any, Asked, Any], dict[str, Any]]


@dataclass(frozen=True)
class Handler:
    """Of one kind of request. `roles`: one of these is needed; none: everybody may."""

    handle: Handle
    roles: tuple[str, ...] = ()


@dataclass
class Handlers:
    """Of some kinds of requests."""

    by_kind: dict[type[Request], Handler] = field(default_factory=dict)

    def read(self, kind: type[Read]) -> Callable[[Handle], Handle]:
        """Names who answers a request that only looks."""
        return self._adds(kind, ())

    def change(self, kind: type[Change], roles: tuple[str, ...]) -> Callable[[Handle], Handle]:
        """Names who does a request that changes something, and whose roles it needs."""
        return self._adds(kind, roles)

    def _adds(self, kind: type[Request], roles: tuple[str, ...]) -> Callable[[Handle], Handle]:
        def add(handle: Handle) -> Handle:
            if kind in self.by_kind:
                raise ValueError(f"{kind.__name__} has a handler already")
            self.by_kind[kind] = Handler(handle, roles)
            return handle

        return add

    def add(self, more: Iterable["Handlers"]) -> "Handlers":
        """With the handlers of others; raises ValueError where two have the same kind."""
        for others in more:
            for kind, handler in others.by_kind.items():
                self._adds(kind, handler.roles)(handler.handle)
        return self

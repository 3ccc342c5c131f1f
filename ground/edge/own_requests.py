"""Requests that the edge answers by itself: pace, telemetry, the journal's end, its own state."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ground.api import at_the_edge
from ground.api.benches import ANYBODYS
from ground.api.bounding import bounded
from ground.api.reads import Preview, Since
from ground.api.training import Branch, for_crew, is_hidden
from ground.edge.branching import Branching
from ground.edge.journal_tail import JournalTail
from ground.edge.news import News
from ground.edge.run_link import RunLink
from ground.edge.telemetry_table import TelemetryTable
from ground.edge.twin import Twin

NANOSECONDS = 1_000_000_000
TRAINER = "trainer"

Plain = dict[str, Any]
Answerer = Callable[[str, Plain], Awaitable[Plain]]


@dataclass
class OwnRequests:
    """`service` tells the edge's own state; `roles` who is what by the operators' file."""

    link: RunLink
    tail: JournalTail
    table: TelemetryTable
    roles: Mapping[str, frozenset[str]]
    service: Callable[[], Plain]
    news: News
    twin: Twin
    branching: Branching
    _told: dict[str, frozenset[str]] = field(default_factory=dict)

    def forget(self) -> None:
        """Another life of the run begins: who has which roles is asked anew."""
        self._told.clear()
        self.twin.forget()

    async def _roles_of(self, user: str) -> frozenset[str]:
        """A person's roles in this run, where an admin may have changed them; while mission
        control is down, those that it told last."""
        answer = await self.link.ask(user, "", "roles", {"do": "hello"})
        you = (answer.get("result") or {}).get("you") if answer.get("ok") else None
        if isinstance(you, dict) and isinstance(you.get("roles"), list):
            self._told[user] = frozenset(map(str, you["roles"]))
        return self._told.get(user, self.roles.get(user, frozenset()))

    def get(self, do: str) -> Answerer | None:
        """What answers a request; None: the run does."""
        return self.answered.get(do)

    @property
    def answered(self) -> Mapping[str, Answerer]:
        """What is answered here, by its `do`."""
        return {
            "pace": self._pace,
            "bench": self._bench,
            "bench_order": self._bench_order,
            "telemetry": self._telemetry,
            "since": self._since,
            "service": self._service,
            "whoami": self._whoami,
            "preview": self._preview,
            "branch": self._branch,
        }

    async def _pace(self, user: str, request: Plain) -> Plain:
        asked = _read(request, at_the_edge.Pace)
        if isinstance(asked, str):
            return _refused(asked)
        if not await self._roles_of(user) - {"observer"}:
            return _refused(f"{user} looks on only; the pace is for who takes part")
        until = asked.until
        if isinstance(until, str):
            coming = (self.news.clock.get("clock") or {}).get("next_pass")
            if not coming:
                return _refused("no pass is predicted")
            until = coming["start_ns"] / NANOSECONDS
        answer = await self.link.pace(asked.rate, until, asked.told)
        if answer.get("ok"):
            names = ("pace", "until", *(["told"] if asked.told else []))
            return {"ok": True, "result": {name: answer.get(name) for name in names}}
        return answer

    async def _bench(self, _: str, request: Plain) -> Plain:
        asked = _read(request, at_the_edge.Bench)
        if isinstance(asked, str):
            return _refused(asked)
        answer = await self.link.bench()
        return {"ok": True, "result": {"bench": answer["bench"]}} if answer.get("ok") else answer

    async def _bench_order(self, user: str, request: Plain) -> Plain:
        """Who may what of it is for the run to say, which keeps who has asked: also of what it
        refuses. What stops does not wait for roles, which it does not need."""
        asked = _read(request, at_the_edge.OrderToBench)
        if isinstance(asked, str):
            return _refused(asked)
        known = self._told.get(user, self.roles.get(user, frozenset()))
        roles = known if asked.order in ANYBODYS else await self._roles_of(user)
        answer = await self.link.bench_order(
            user, roles, asked.order, asked.service, asked.seconds, asked.kind, asked.figure
        )
        return {"ok": True, "result": {}} if answer.get("ok") else answer

    async def _preview(self, user: str, request: Plain) -> Plain:
        asked = _read(request, Preview)
        if isinstance(asked, str):
            return _refused(asked)
        if not await self._roles_of(user) - {"observer"}:
            return _refused(f"{user} looks on only; previews are for who takes part")
        return await self.twin.preview(user, asked)

    async def _branch(self, user: str, request: Plain) -> Plain:
        asked = _read(request, Branch)
        if isinstance(asked, str):
            return _refused(asked)
        return await self.branching.branch(user, asked)

    async def _telemetry(self, _: str, request: Plain) -> Plain:
        asked = _read(request, at_the_edge.Telemetry)
        if isinstance(asked, str):
            return _refused(asked)
        rows = self.table.values(asked.vehicle)
        return {"ok": True, "result": {"version": self.table.version, "values": rows}}

    async def _since(self, user: str, request: Plain) -> Plain:
        asked = _read(request, Since)
        if isinstance(asked, str):
            return _refused(asked)
        rows = self.tail.since(asked.number, asked.topics, asked.limit)
        if rows is None:
            return await self.link.ask(user, "", "since", request)
        rows = bounded(rows)
        if any(map(is_hidden, rows)) and TRAINER not in await self._roles_of(user):
            rows = for_crew(rows)
        return {"ok": True, "result": {"entries": rows, "journal_last": self.tail.known}}

    async def _service(self, _: str, request: Plain) -> Plain:
        asked = _read(request, at_the_edge.Service)
        return _refused(asked) if isinstance(asked, str) else {"ok": True, "result": self.service()}

    async def _whoami(self, user: str, request: Plain) -> Plain:
        asked = _read(request, at_the_edge.WhoAmI)
        if isinstance(asked, str):
            return _refused(asked)
        roles = sorted(await self._roles_of(user))
        return {"ok": True, "result": {"name": user, "roles": roles}}


def _read(request: Plain, kind: type[Any]) -> Any:
    """The request as a `kind`, or a sentence."""
    try:
        return msgspec.convert(request, kind)
    except msgspec.ValidationError as error:
        return f"no request: {request['do']}: {error}"


def _refused(sentence: str) -> Plain:
    return {"ok": False, "refused": sentence}

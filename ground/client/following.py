"""The journal and the telemetry as they come, with what was missed asked for again."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ground.api.training import is_hidden
from ground.client.connection import Connection
from ground.client.errors import RunStartedAgain
from ground.client.frames import JOURNAL_TOPICS

AT_A_TIME = 500  # entries


class JournalEntry(msgspec.Struct, frozen=True):
    """One entry of the journal: the `n`-th, at `t` ns of mission time."""

    n: int
    t: int
    topic: str
    what: str
    who: str = ""
    vehicle: str = ""
    data: dict[str, Any] = {}


class Value(NamedTuple):
    """A channel's newest value. Times in ns of mission time; `state`: OK, YELLOW, RED, STALE."""

    vehicle: str
    channel: str
    value: Any
    occurred_ns: int
    received_ns: int
    state: str


async def journal(
    connection: Connection, since: int = 0, topics: Sequence[str] = ()
) -> AsyncIterator[JournalEntry]:
    """The entries after number `since`, and then each as it comes; nothing is left out.

    Raises RunStartedAgain where the run was started anew.
    """
    wanted = tuple(topics) or JOURNAL_TOPICS
    covered = dict.fromkeys(wanted, since)
    life: Any = None
    inbox = connection.stream(*wanted, "clock")
    try:
        missed = True
        while True:
            while missed:
                found, missed = await _since(connection, min(covered.values()), wanted, covered)
                for entry in found:
                    yield entry
            topic, message = await anext(inbox)
            if topic == "clock":
                life = _same_life(life, message)
                last = message["last"]
                missed = any(last.get(each, 0) > covered[each] for each in wanted)
            elif message["after"] > covered[topic] or any(map(is_hidden, message["entries"])):
                missed = True  # or there is more to it for who may know it
            else:
                for entry in _new(message["entries"], covered):
                    yield entry
    finally:
        inbox.close()


async def _since(
    connection: Connection, number: int, wanted: tuple[str, ...], covered: dict[str, int]
) -> tuple[list[JournalEntry], bool]:
    """The next entries that were missed, and whether there may be more: an answer is bounded in
    bytes as well."""
    request = {"do": "since", "number": number, "topics": list(wanted), "limit": AT_A_TIME}
    answer = await connection.ask(request)
    rows = answer["entries"]
    found = _new(rows, covered)
    upto = rows[-1]["n"] if rows else answer["journal_last"]
    for topic in wanted:
        covered[topic] = max(covered[topic], upto)
    return found, bool(rows)


def _new(rows: Sequence[dict[str, Any]], covered: dict[str, int]) -> list[JournalEntry]:
    """The entries of `rows` that were not seen yet; they count as seen from now on."""
    found = []
    for row in rows:
        entry = msgspec.convert(row, JournalEntry)
        if entry.n > covered.get(entry.topic, entry.n):
            covered[entry.topic] = entry.n
            found.append(entry)
    return found


async def telemetry(connection: Connection, vehicle: str | None = None) -> AsyncIterator[Value]:
    """The newest value of every channel, and then each change; of a channel only the latest counts.

    Who reads slowly sees fewer changes, and never an old value after a newer one.
    """
    topic = "tm" if vehicle is None else f"tm.{vehicle}"
    inbox = connection.stream(topic, "clock", most=64)
    versions: dict[str, int] = {}
    pending: dict[tuple[str, str], Value] = {}
    life: Any = None
    missed = True
    try:
        while True:
            if missed:
                answer = await connection.ask({"do": "telemetry", "vehicle": vehicle})
                versions, missed = {"": answer["version"]}, False
                pending = {(row[0], row[1]): Value(*row) for row in answer["values"]}
            while inbox.waiting or not pending:
                come, message = await anext(inbox)
                if come == "clock":
                    life = _same_life(life, message)
                    continue
                seen = versions.get(come, versions[""])
                if message["version"] < seen:
                    continue  # older than what was asked for
                if message["after"] > seen:
                    missed = True
                    break
                versions[come] = message["version"]
                for row in message["values"]:
                    pending[row[0], row[1]] = Value(*row)
            if not missed:
                yield pending.pop(next(iter(pending)))
    finally:
        inbox.close()


async def clock(connection: Connection) -> AsyncIterator[dict[str, Any]]:
    """How the run stands, at least once a second: `clock`, `time_ns`, `pace`, `link` and more."""
    inbox = connection.stream("clock", most=1)
    try:
        async for _, message in inbox:
            yield message
    finally:
        inbox.close()


def _same_life(life: Any, message: dict[str, Any]) -> Any:
    now = message["link"]["life"]
    if now and life and now != life:
        raise RunStartedAgain(
            "the run was started again: numbers of the journal and stages are those of its new life"
        )
    return now or life

"""Branches of an operated run: its record up to an instant, from which another run goes on.

The record is that of the original up to there, so the branch is, bit for bit, the same run until
then; the original stays as it is. A checkpoint is such an instant with a name: a request that is in
the record itself, where a trainer has made it.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError
from flight.runtime.loop import NANOSECONDS
from flight.runtime.throttled_loop import Input
from ground.testbed.record.session import LATEST_NS, Parent, Session

TRAINER, CHECKPOINT = "trainer", "checkpoint"


def checkpoints(session: Session) -> dict[str, Input]:
    """The checkpoints of a record, by name: those that a trainer has made, not those that were
    refused."""
    found: dict[str, Input] = {}
    for each in session.inputs:
        name = each.data["request"].get("name") if is_checkpoint(each.data) else None
        if isinstance(name, str) and each.order not in session.refused:
            found.setdefault(name, each)
    return found


def is_checkpoint(data: Any) -> bool:
    """Whether an input is a trainer's request for a checkpoint."""
    request = data.get("request") if data.get("type") == "request" else None
    asked = isinstance(request, dict) and request.get("do") == CHECKPOINT
    return asked and TRAINER in data.get("roles", ())


def branch_of(session: Session, at: str) -> Session:
    """The record up to a checkpoint, or up to an instant (s of mission time), with its parent.

    Raises ConfigurationError for what is neither.
    """
    if session.head.bench:
        raise _refused(at, "devices of this run are real: they cannot be flown to an instant again")
    known = checkpoints(session)
    made = known.get(at)
    if made is not None:
        inputs, time_ns = session.inputs[: made.order], made.time_ns
    else:
        time_ns = _instant(at, list(known))
        inputs = tuple(each for each in session.inputs if each.time_ns <= time_ns)
    run = session.file.parent
    parent = Parent(str(run), time_ns, len(inputs), at if made is not None else "")
    head = msgspec.structs.replace(session.head, parent=parent)
    refused = tuple(each for each in session.refused if each <= len(inputs))
    return Session(session.file, head, inputs, refused)


def lines_of(session: Session) -> Iterator[bytes]:
    """A record as its file has it."""
    yield msgspec.json.encode(session.head) + b"\n"
    for each in session.inputs:
        line = {"time_ns": each.time_ns, "order": each.order, "input": each.data}
        yield msgspec.json.encode(line) + b"\n"
        if each.order in session.refused:
            yield msgspec.json.encode({"refused": each.order}) + b"\n"


def _instant(at: str, known: list[str]) -> int:
    try:  # no float, which has too few digits after 104 days
        seconds = Decimal(at)
        allowed = 0 <= seconds * NANOSECONDS <= LATEST_NS
    except ArithmeticError:
        allowed = False
    if not allowed:
        names = f"a checkpoint ({', '.join(known)})" if known else "a checkpoint (there is none)"
        raise _refused(at, f"allowed is {names}, or seconds of mission time")
    return round(seconds * NANOSECONDS)


def _refused(at: str, problem: str) -> ConfigurationError:
    return ConfigurationError("command line", None, "--branch", f"= {at}: {problem}")


def free_folder(out: Path) -> Path:
    """A folder for a branch; raises ConfigurationError for one that holds anything."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationError(
            "command line", None, "--out", f"= {out}: it holds something; a branch goes into a new "
            "folder, so that what it branches off from is kept",
        )  # fmt: skip
    return out

"""Stored sequences as data: entries that issue commands or wait, and how they are read and checked.

`flight.core.sequencing.sequence_engine` runs them.
"""

import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

import msgspec

MAXIMUM_ENTRIES = 1000
VERDICT_WITHIN = 3600.0
"""Seconds within which another node's verdict has to come, unless the entry says otherwise."""
NAME_PATTERN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""No "/" in it: the name is a part of command ids."""


class SequenceRefusal(Exception):
    """A sequence or an operation on it was refused; `sentences` say why, one for each fault."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = list(sentences)


class OnFailure(StrEnum):
    """What the sequence does when an entry's command ends otherwise than COMPLETED, or a wait
    times out."""

    ABORT = "abort"
    CONTINUE = "continue"


class LatePolicy(StrEnum):
    """What becomes of an absolute entry whose time is past when its turn comes."""

    RUN = "run"
    SKIP = "skip"
    ABORT = "abort"


class Comparison(StrEnum):
    """How a channel's value is compared with the entry's."""

    LESS = "<"
    LESS_OR_EQUAL = "<="
    EQUAL = "=="
    NOT_EQUAL = "!="
    GREATER_OR_EQUAL = ">="
    GREATER = ">"


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all kinds of entries share."""


class Relative(_Entry, frozen=True, kw_only=True, tag="relative"):
    """Issue a command `delay` seconds after the entry before it has ended (monotonic clock).

    A hazardous command takes two entries, of the stages "arm" (for `lifetime` seconds) and "fire".
    A command to another node has ended when that node says so; when it has not within `within`
    seconds, the entry ends TIMED_OUT.
    """

    delay: float = 0.0
    target: str
    command: str
    arguments: dict[str, Any] = {}
    stage: Literal["run", "arm", "fire"] = "run"
    lifetime: float = 0.0
    on_failure: OnFailure = OnFailure.ABORT
    within: float = VERDICT_WITHIN


class Absolute(_Entry, frozen=True, kw_only=True, tag="absolute"):
    """Issue a command at the spacecraft time `time`, in seconds.

    It is late when its turn comes more than `late_tolerance` seconds after `time`. For `stage`,
    `lifetime` and `within` see `Relative`.
    """

    time: float
    late: LatePolicy
    late_tolerance: float = 1.0
    target: str
    command: str
    arguments: dict[str, Any] = {}
    stage: Literal["run", "arm", "fire"] = "run"
    lifetime: float = 0.0
    on_failure: OnFailure = OnFailure.ABORT
    within: float = VERDICT_WITHIN


class WaitUntil(_Entry, frozen=True, kw_only=True, tag="wait_until"):
    """Wait until telemetry shows a value, at most `timeout` seconds (monotonic clock).

    The channel is looked at every `check_period` seconds; while it has no valid value the
    condition does not hold. Values that are not both numbers are compared with == and != only.
    """

    channel: str
    comparison: Comparison
    value: float | bool | str
    timeout: float
    check_period: float = 1.0
    on_timeout: OnFailure = OnFailure.ABORT

    def holds(self, value: Any) -> bool:
        """Whether `value`, read from the channel, meets the condition (None and NaN never do)."""
        if value is None or value != value:
            return False
        if _is_number(value) is not _is_number(self.value):
            return self.comparison is Comparison.NOT_EQUAL
        match self.comparison:
            case Comparison.EQUAL:
                return bool(value == self.value)
            case Comparison.NOT_EQUAL:
                return bool(value != self.value)
        if not _is_number(value):
            return False
        match self.comparison:
            case Comparison.LESS:
                return bool(value < self.value)
            case Comparison.LESS_OR_EQUAL:
                return bool(value <= self.value)
            case Comparison.GREATER_OR_EQUAL:
                return bool(value >= self.value)
        return bool(value > self.value)


Entry = Relative | Absolute | WaitUntil


class StoredSequence(msgspec.Struct, frozen=True):
    """A named list of entries, run from first to last."""

    name: str
    entries: tuple[Entry, ...]
    doc: str = ""


def parse_sequence(data: Any) -> StoredSequence:
    """Make a sequence of plain data (`name`, `entries`, `doc`), as from YAML or a command.

    Raises `SequenceRefusal` with one sentence for each fault: which entry, what it is, what is
    allowed. The first entry is number 0.
    """
    if not isinstance(data, Mapping):
        raise SequenceRefusal([f"A sequence is a table, not a {type(data).__name__}."])
    unknown = [key for key in data if key not in ("name", "entries", "doc")]
    if unknown:
        raise SequenceRefusal([f"Unknown keys {unknown}: allowed are name, entries, doc."])
    name, entries, doc = data.get("name"), data.get("entries"), data.get("doc", "")
    if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
        raise SequenceRefusal(
            [f"name = {name!r}: allowed are 1 to 64 letters, digits, '_', '.' and '-'."]
        )
    if not isinstance(entries, list | tuple) or not 1 <= len(entries) <= MAXIMUM_ENTRIES:
        raise SequenceRefusal([f"{name}: entries must be a list of 1 to {MAXIMUM_ENTRIES}."])
    if not isinstance(doc, str):
        raise SequenceRefusal([f"{name}: doc = {doc!r}: allowed is text."])
    return StoredSequence(name, _parse_entries(name, entries), doc)


def _parse_entries(name: str, entries: Sequence[Any]) -> tuple[Entry, ...]:
    parsed: list[Entry] = []
    sentences: list[str] = []
    latest = -math.inf
    for index, item in enumerate(entries):
        where = f"{name}, entry {index}:"
        try:
            entry: Entry = msgspec.convert(item, Entry)
        except msgspec.ValidationError as error:
            sentences.append(f"{where} {error}.")
            continue
        faults = _faults(entry)
        if isinstance(entry, Absolute):
            if entry.time < latest:
                faults.append(f"time = {entry.time}: allowed is at least {latest}, as set before")
            latest = max(latest, entry.time)
        sentences.extend(f"{where} {fault}." for fault in faults)
        parsed.append(entry)
    if sentences:
        raise SequenceRefusal(sentences)
    return tuple(parsed)


def _faults(entry: Entry) -> list[str]:
    match entry:
        case Relative():
            durations = _duration_faults(
                delay=entry.delay, lifetime=entry.lifetime, within=entry.within
            )
            return durations + _name_faults(entry)
        case Absolute():
            durations = _duration_faults(
                late_tolerance=entry.late_tolerance,
                lifetime=entry.lifetime,
                within=entry.within,
            )
            faults = durations + _name_faults(entry)
            if not math.isfinite(entry.time):
                faults.append(f"time = {entry.time}: allowed is a finite number of seconds")
            return faults
    faults = _duration_faults(timeout=entry.timeout)
    if not 0.0 < entry.check_period < math.inf:
        faults.append(f"check_period = {entry.check_period}: allowed is a number above 0 s")
    equality = entry.comparison in (Comparison.EQUAL, Comparison.NOT_EQUAL)
    if not _is_number(entry.value) and not equality:
        faults.append(
            f"comparison = {entry.comparison.value!r} with value = {entry.value!r}: "
            "allowed are '==' and '!=', or a finite number"
        )
    if isinstance(entry.value, float) and not math.isfinite(entry.value):
        faults.append(f"value = {entry.value}: allowed is a finite number")
    return faults


def _duration_faults(**durations: float) -> list[str]:
    return [
        f"{name} = {value}: allowed is a finite number of seconds, at least 0"
        for name, value in durations.items()
        if not 0.0 <= value < math.inf
    ]


def _name_faults(entry: Relative | Absolute) -> list[str]:
    return [
        f"{field} is empty: allowed is a name"
        for field, value in (("target", entry.target), ("command", entry.command))
        if not value
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""Reads the recording of a bench; also one that a death has torn."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.outside_files import UNDECODABLE, UnfitFile, check_regular
from sim_hw.bench.recorder import ABOUT, CannotRecord

RECORDING = "bench.mcap"
"""As it is called in a run folder."""
OF_DAMAGE = (ValueError, LookupError, OverflowError, MemoryError)
"""What the reader of MCAP raises, beside its own, for bytes that are no records."""
LARGEST_RECORD = 256 << 20  # bytes


class NoRecording(ValueError):
    """What is no recording, or cannot be read; the text says why."""


@dataclass(frozen=True)
class Recorded:
    """One message: where, when (ns of the wall, since 1970), its number, and its bytes."""

    topic: str
    wall_ns: int
    number: int
    data: bytes

    @property
    def service(self) -> str:
        """Whose it is; `bench` and `run` are no services."""
        return self.topic.rpartition("/")[0].lstrip("/")

    @property
    def what(self) -> str:
        """Such as `call` or `reply`."""
        return self.topic.rpartition("/")[2]

    def plain(self) -> dict[str, Any]:
        """What it says; raises NoRecording."""
        try:
            found = msgspec.json.decode(self.data)
        except UNDECODABLE as error:
            raise NoRecording(f"message {self.number}: {error}") from None
        if not isinstance(found, dict):
            raise NoRecording(f"message {self.number} is no map")
        return found


@dataclass
class Figures:
    """How much there is. `whole`: it was ended in order; `dropped_inputs`: of the run itself."""

    messages: int = 0
    dropped: int = 0
    failed: str = ""
    whole: bool = False
    dropped_inputs: int = 0
    incomplete_from_s: float | None = None
    """Mission time from which on something is missing, as who has written it says."""
    last: bytes = b""
    """The last message that is JSON."""

    @property
    def last_s(self) -> float:
        """Mission time of the last message that says one."""
        try:
            found = msgspec.json.decode(self.last)
            return float(found["mission_s"])
        except (*UNDECODABLE, TypeError, KeyError):
            return 0.0

    def incomplete(self) -> tuple[str, float] | None:
        """How a recording that was read ends before its run, in words, and at which mission time
        (s); None: it does not. What was dropped of calls and wires alone does not end it."""
        if not self.whole:
            return f"torn at t={self.last_s:.3f} s, {self.messages} messages", self.last_s
        if not self.failed and not self.dropped_inputs:
            return None
        since = self.last_s if self.incomplete_from_s is None else self.incomplete_from_s
        why = self.failed or f"{self.dropped_inputs} inputs of the run were dropped"
        return f"incomplete from t={since:.3f} s on ({why}), {self.messages} messages", since


def read_recording(file: Path, figures: Figures | None = None) -> Iterator[Recorded]:
    """All messages in their order; what a death has torn at its end is left out.

    Raises NoRecording for what is none, or is damaged, CannotRecord without the package mcap.
    """
    try:
        from mcap.exceptions import EndOfFile, McapError
        from mcap.records import Channel, Footer, Message, Metadata
        from mcap.stream_reader import StreamReader
    except ImportError:
        raise CannotRecord(
            "a recording is read by the package mcap, which is not installed: install "
            "threeforks[export]"
        ) from None
    found = Figures() if figures is None else figures
    topics: dict[int, str] = {}
    plain: set[int] = set()  # the channels of JSON
    try:
        check_regular(file, "a bench.mcap")
        with file.open("rb") as stream:
            if stream.read(5) != b"\x89MCAP":
                raise NoRecording(f"{file}: no MCAP file")
            stream.seek(0)
            try:
                reader = StreamReader(
                    stream, validate_crcs=True, record_size_limit=LARGEST_RECORD
                )
                for record in reader.records:
                    if isinstance(record, Channel):
                        topics[record.id] = record.topic
                        if record.message_encoding == "json":
                            plain.add(record.id)
                    elif isinstance(record, Message):
                        found.messages += 1
                        if record.channel_id in plain:
                            found.last = record.data
                        topic = topics.get(record.channel_id, "")
                        yield Recorded(topic, record.log_time, record.sequence, record.data)
                    elif isinstance(record, Metadata) and record.name == ABOUT:
                        _take(found, record.metadata)
                    elif isinstance(record, Footer):
                        found.whole = True
            except (EndOfFile, struct.error):  # the latter within a number
                return  # torn
            except (McapError, *OF_DAMAGE) as error:
                where = f"damaged behind message {found.messages}"
                raise NoRecording(f"{file}: {where}: {error}") from None
    except UnfitFile as error:
        raise NoRecording(f"{file}: {error}") from None
    except OSError as error:
        raise NoRecording(f"{file}: {error.strerror or error}") from None


def _take(found: Figures, told: dict[str, str]) -> None:
    """What a recording says of itself; older ones do not say what of that was dropped."""
    found.dropped = int(told.get("dropped", "0"))
    found.failed = told.get("failed", "")
    found.dropped_inputs = int(told.get("dropped_inputs", str(found.dropped)))
    since = told.get("incomplete_from_s", "")
    found.incomplete_from_s = float(since) if since else None


def figures_of(file: Path) -> Figures:
    """Of a recording; raises NoRecording."""
    figures = Figures()
    for _ in read_recording(file, figures):
        pass
    return figures

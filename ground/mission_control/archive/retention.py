"""Bounds the archive: when it is too large, the oldest samples and housekeeping are let go.

What people decided and what happened to the tubes stays for ever: commands, rungs, custody, alarms,
warnings, the journal. Of each channel the last value before what is left stays as well, so that an
instant that is left has all its values.
"""

from collections.abc import Collection
from typing import Annotated

from msgspec import Meta, Struct

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import NotAllowed, find_configuration, load_configuration
from flight.icd.messages import Severity
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive
from ground.mission_control.archive.sample_store import Stream
from ground.mission_control.dictionary.dictionary import LIMIT_EVENTS

FORMAT = 1
SMALL = 40_000_000
"""Bytes below which the rule is not even read."""
SHARE = 10
"""One of so many parts of the time goes at once."""
_HOUSEKEEPING = (str(Severity.DIAGNOSTIC), str(Severity.ACTIVITY_LO))


class RetentionRule(Struct, frozen=True, forbid_unknown_fields=True):
    """The file `configs/operators/retention.yaml`."""

    format: int
    largest_megabytes: Annotated[int, Meta(ge=1, le=1_000_000)]
    keep_sols: Annotated[float, Meta(ge=0.0, le=2000.0)]

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise NotAllowed(["format"], f"{FORMAT}, the format that is read here")


def load_rule() -> RetentionRule:
    """The rule. Raises ConfigurationError."""
    return load_configuration(find_configuration("operators", "retention"), RetentionRule)


def used_bytes(archive: Archive) -> int:
    """Bytes of the archive's file that hold something."""
    pages, free, size = (
        int(archive.rows(f"PRAGMA {name}")[0][0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


class Retention:
    """Looks at an archive now and then. `products`: channels (source, name) that are kept whole."""

    def __init__(
        self,
        archive: Archive,
        products: Collection[tuple[str, str]] = (),
        rule: RetentionRule | None = None,
    ) -> None:
        self._archive = archive
        self._products = products
        self._rule = rule
        self._told = False

    def look(self, now_ns: int) -> int:
        """Lets the oldest go where the archive is too large; returns how many rows went."""
        used = used_bytes(self._archive)
        if self._rule is None:
            if used < SMALL:
                return 0
            self._rule = load_rule()
        if used <= self._rule.largest_megabytes * 1_000_000:
            return 0
        sampled = self._archive.sampled
        streams = {
            stream: second  # the first may be one that was left for the sake of the others
            for stream in sampled.streams()
            if (stream.source, stream.channel) not in self._products
            and (second := sampled.second_stamp(stream)) is not None
        }
        begin = min(streams.values(), default=now_ns)
        latest = now_ns - round(self._rule.keep_sols * SOL_SECONDS * NANOSECONDS)
        cut = min(latest, begin + max(1, (now_ns - begin) // SHARE))
        if cut <= begin:
            if not self._told:
                self._told = True
                text = f"{used} bytes are in use, and nothing is older than may be let go"
                self._archive.add_log(now_ns, "archive", text)
            return 0
        return self._let_go(list(streams), cut, now_ns)

    def _let_go(self, streams: list[Stream], cut: int, now_ns: int) -> int:
        archive = self._archive
        before = archive.count("samples") + archive.count("events") + archive.count("downlinks")
        kept = ",".join("?" * len(LIMIT_EVENTS))
        archive.let_go(
            streams,
            cut,
            [
                (
                    f"DELETE FROM events WHERE received_ns < ? AND severity IN (?,?) "
                    f"AND name NOT IN ({kept})",
                    (cut, *_HOUSEKEEPING, *LIMIT_EVENTS),
                ),
                ("DELETE FROM downlinks WHERE received_ns < ?", (cut,)),
            ],
        )
        after = archive.count("samples") + archive.count("events") + archive.count("downlinks")
        seconds = cut / NANOSECONDS
        text = f"{before - after} rows from before {seconds:.0f} s were let go: it was too large"
        archive.add_log(now_ns, "archive", text)
        return before - after

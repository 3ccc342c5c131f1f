"""What a campaign leaves: all verdicts, what they rest on, and what they come to together."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE, check_regular
from flight.configuration.whole_files import replace_file
from ground.drills.record import Judged

FORMAT = 1
RECORDS, SUMMARY, FILES = "records.jsonl", "summary.json", "files"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says of a drill beside its record: as its file has it."""

    name: str
    title: str
    requirement: str = ""
    doc: str = ""
    start: str = ""
    horizon: float = 0.0
    protects: tuple[str, ...] = ()
    again: str = ""
    kept: str = ""
    """Where the folder of the records has the file as it was flown."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A drill with its verdict, as one line of the records."""

    told: Told
    judged: Judged


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a protection was shown to be for: without it and without faults, the drill must pass;
    without it and with its faults, it must fail. `by`: what it failed by, `effect` s after the
    first hit. `detected`: s from the first hit to when that was noticed, with the protection; None:
    nobody noticed."""

    drill: str
    protections: tuple[str, ...]
    quiet: str
    broken: str
    by: str = ""
    effect: float | None = None
    detected: float | None = None

    @property
    def is_early(self) -> bool | None:
        """Whether it is noticed within half of the time to the effect; None where that is not
        known."""
        if self.effect is None or self.detected is None:
            return None
        return self.detected <= 0.5 * self.effect

    @property
    def counts(self) -> bool:
        """Whether the drill shows what the protections are for."""
        return self.quiet == "PASS" and self.broken == "FAIL"


class Summary(msgspec.Struct, kw_only=True):
    """A campaign in short. `seconds`: of the wall."""

    format: int = FORMAT
    command: str = ""
    counts: dict[str, int] = {}
    seconds: float = 0.0
    evidence: dict[str, Any] = {}
    fingerprint: dict[str, Any] = {}
    score: list[ScoreRow] = []
    notes: list[str] = []

    @property
    def score_share(self) -> float | None:
        """The share of drills that show what their protections are for; None without any."""
        if not self.score:
            return None
        return len([row for row in self.score if row.counts]) / len(self.score)


def kept_name(file: Path, text: str) -> str:
    """Where in the folder of the records a drill file is kept as it was flown."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{FILES}/{digest}/{file.name}"


def write_results(folder: Path, shown: Iterable[Shown], summary: Summary) -> None:
    """Writes both files, each whole."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / RECORDS, b"".join(msgspec.json.encode(each) + b"\n" for each in shown))
    encoded = msgspec.json.format(msgspec.json.encode(summary), indent=2)
    replace_file(folder / SUMMARY, encoded + b"\n")


def read_results(path: Path, option: str) -> list[Shown]:
    """The records of a campaign, from its folder or their file; raises ConfigurationError."""
    file = path / RECORDS if path.is_dir() else path
    try:
        return list(_lines(file))
    except OSError as error:
        problem = f"= {path}: the records cannot be read: {error.strerror or error}"
        raise ConfigurationError("command line", None, option, problem) from None
    except UNDECODABLE as error:
        problem = f"= {path}: these are no records of drills: {error}"
        raise ConfigurationError("command line", None, option, problem) from None


def _lines(file: Path) -> Iterator[Shown]:
    check_regular(file, "the records of a campaign")
    with file.open("rb") as lines:
        for line in lines:
            shown = msgspec.json.decode(line, type=Shown)
            if shown.judged.record.format != FORMAT:
                raise ValueError(
                    f"format {shown.judged.record.format}; this program reads {FORMAT}"
                )
            yield shown

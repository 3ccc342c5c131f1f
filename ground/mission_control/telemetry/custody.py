"""The chain of custody as the ground knows it, from the reports of all ledgers."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from flight.configuration.whole_files import replace_file
from flight.icd import places
from flight.icd.custody_account import Account, account
from flight.icd.custody_record import FORGET, CustodyRecord, CustodyStatus
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive

_ARRIVALS = ("adopt", "commit", "confirm", "find")


@dataclass(frozen=True)
class TubeEntry:
    """What is in a tube, from the mission's load."""

    id: str
    name: str = ""
    content: str = ""


@dataclass(frozen=True)
class HandOver:
    """A tube's coming to a place: when by the holder's stamp, and which sensor saw it there."""

    time: float  # seconds of mission time
    place: str
    holder: str
    given_by: str
    moved_by: str
    verified_by: str
    reading: str
    received: float  # seconds of mission time at which the report was on the ground


@dataclass
class TubeManifest:
    """One tube: what it is, where it is said to be, and how it came there."""

    id: str
    name: str
    content: str
    statement: str
    place: str | None
    holder: str | None
    problem: str | None
    last_seen: str | None
    hand_overs: list[HandOver] = field(default_factory=list)
    openly_unknown: list[str] = field(default_factory=list)


class CustodyView:
    """Merges the custody reports of all nodes into one statement about each tube.

    A report that is older than one of the same ledger which has come already is kept in the
    history and does not change the present.
    """

    def __init__(self, tubes: Iterable[TubeEntry]) -> None:
        self.tubes = {tube.id: tube for tube in tubes}
        self._present: dict[str, dict[str, CustodyRecord]] = {}
        self._history: dict[tuple[str, str, int], tuple[CustodyRecord, int]] = {}
        self._accounts: dict[str, Account] | None = None

    def load(self, archive: Archive) -> None:
        """Takes up what an earlier life of the ground had received."""
        for record, received_ns in archive.custody_records():
            self.take(record, received_ns)

    def as_known_at(self, at_ns: int) -> "CustodyView":
        """The same by the reports that were on the ground at an instant of mission time, in ns."""
        then = CustodyView(self.tubes.values())
        for record, received_ns in self._history.values():
            if received_ns <= at_ns:
                then.take(record, received_ns)
        return then

    def take(self, record: CustodyRecord, received_ns: int) -> bool:
        """Takes a record; False when it is a copy of one that is known."""
        key = (record.owner, record.tube, record.sequence)
        if key in self._history:
            return False
        self._history[key] = (record, received_ns)
        ledger = self._present.setdefault(record.owner, {})
        known = ledger.get(record.tube)
        if known is None or record.sequence > known.sequence:
            ledger[record.tube] = record
            self._accounts = None
        return True

    def accounts(self) -> dict[str, Account]:
        """One statement about each tube, in the order of their identifiers."""
        if self._accounts is None:
            ledgers = {owner: list(ledger.values()) for owner, ledger in self._present.items()}
            self._accounts = account(ledgers, self.tubes, delayed=True)
        return self._accounts

    def place(self, tube: str) -> str:
        """The place of a tube; `in transit`, `unknown` or `unreported` when it has none."""
        told = self.accounts().get(tube)
        if told is None or (told.problem is not None and not self._known(tube)):
            return places.UNREPORTED
        if told.place is not None:
            return told.place
        return places.IN_TRANSIT if told.in_transit is not None else places.UNKNOWN

    def _known(self, tube: str) -> bool:
        return any(tube in ledger for ledger in self._present.values())

    def places(self) -> dict[str, list[str]]:
        """The tubes at each place, places in order of first mention."""
        found: dict[str, list[str]] = {}
        for tube in self.accounts():
            found.setdefault(self.place(tube), []).append(tube)
        return found

    def last_records(self, places: Collection[str]) -> list[CustodyRecord]:
        """The record furthest along the chain, of each tube that is at one of some places or was
        seen there last."""
        found = []
        for tube, told in self.accounts().items():
            if (told.place or told.last_seen) in places:
                records = [ledger[tube] for ledger in self._present.values() if tube in ledger]
                found.append(max(records, key=lambda record: record.link))
        return found

    def forgotten(self, owner: str) -> list[CustodyRecord]:
        """Of each tube of which a ledger says that it has lost its memory: what it said last."""
        found = []
        for tube, record in self._present.get(owner, {}).items():
            if record.step != FORGET:
                continue
            before = [
                each for (who, which, _), (each, _) in self._history.items()
                if (who, which) == (owner, tube) and each.step != FORGET
            ]  # fmt: skip
            if before:
                found.append(max(before, key=lambda each: each.sequence))
        return found

    def history(self, tube: str) -> list[tuple[CustodyRecord, int]]:
        """Every step of a tube with its time of receipt, in the order in which they happened.

        Ledgers stamp by different clocks: the link of the chain counts before the stamp.
        """
        steps = [entry for entry in self._history.values() if entry[0].tube == tube]
        return sorted(steps, key=lambda e: (e[0].link, e[0].since_ns, e[0].owner, e[0].sequence))

    # ---------------------------------------------------------------- manifest

    def manifest(self) -> list[TubeManifest]:
        """Every tube with its hand-overs."""
        return [self._tube(tube, told) for tube, told in self.accounts().items()]

    def _tube(self, tube: str, told: Account) -> TubeManifest:
        entry = self.tubes.get(tube, TubeEntry(tube))
        unreported = self.place(tube) == places.UNREPORTED
        manifest = TubeManifest(
            id=tube,
            name=entry.name,
            content=entry.content,
            statement="no ledger has reported it yet" if unreported else told.statement,
            place=told.place,
            holder=told.holders[0] if len(told.holders) == 1 else None,
            problem=str(told.problem) if told.problem is not None else None,
            last_seen=told.last_seen,
        )
        for record, received_ns in self.history(tube):
            if record.step in _ARRIVALS and record.status is CustodyStatus.HELD:
                manifest.hand_overs.append(_hand_over(record, received_ns))
            elif record.step == "lose":
                seconds = record.since_ns / NANOSECONDS
                manifest.openly_unknown.append(f"{seconds:.0f} s, {record.owner}: {record.reason}")
        return manifest


def _hand_over(record: CustodyRecord, received_ns: int) -> HandOver:
    evidence = record.evidence
    return HandOver(
        time=record.since_ns / NANOSECONDS,
        place=record.place,
        holder=record.owner,
        given_by=(record.counterpart or "") if record.step == "confirm" else "",
        moved_by=record.moved_by or "",
        verified_by=evidence.verified_by if evidence is not None else "",
        reading=evidence.reading if evidence is not None else "",
        received=received_ns / NANOSECONDS,
    )


def write_manifest(
    folder: Path, view: CustodyView, clock_text: Callable[[float], str] | None = None
) -> list[TubeManifest]:
    """Writes `manifest.json` and `manifest.md` into a folder.

    `clock_text(seconds)` gives a mission time as a person reads it; seconds when it is None.
    """
    manifest = view.manifest()
    shown = clock_text or (lambda seconds: f"{seconds:.0f} s")
    plain = [asdict(tube) for tube in manifest]
    text = json.dumps({"tubes": plain}, indent=2, ensure_ascii=False) + "\n"
    replace_file(folder / "manifest.json", text)
    replace_file(folder / "manifest.md", _markdown(manifest, shown))
    return manifest


def _markdown(manifest: list[TubeManifest], shown: Callable[[float], str]) -> str:
    lines = ["# Sample manifest", "", "| Tube | Name | Content | Where |", "|---|---|---|---|"]
    lines += [f"| {t.id} | {t.name} | {t.content} | {t.statement} |" for t in manifest]
    for tube in manifest:
        lines += ["", f"## {tube.id} {tube.name}".rstrip(), ""]
        lines.append(f"{tube.content or 'Content not listed'}. Now: {tube.statement}.")
        if tube.hand_overs:
            lines += ["", "| When | Place | Holder | From | Moved by | Seen by | Reading |"]
            lines.append("|---|---|---|---|---|---|---|")
        for each in tube.hand_overs:
            lines.append(
                f"| {shown(each.time)} | {each.place} | {each.holder} | {each.given_by} "
                f"| {each.moved_by} | {each.verified_by} | {each.reading} |"
            )
        lines += [f"- openly unknown: {text}" for text in tube.openly_unknown]
    return "\n".join(lines) + "\n"

"""Where each sample tube is, told from the custody ledgers of several nodes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flight.icd.custody_record import FORGET, CustodyRecord, CustodyStatus


class Problem(StrEnum):
    """The two things that must never happen to a tube."""

    CONTRADICTION = "contradiction"  # two ledgers hold it
    SILENTLY_LOST = "silently_lost"  # no ledger claims it


@dataclass(frozen=True)
class Account:
    """One statement about one tube: a place, or a move between two, or unknown, or a problem."""

    tube: str
    statement: str
    place: str | None = None
    holders: tuple[str, ...] = ()
    in_transit: tuple[str, str] | None = None
    last_seen: str | None = None  # set when it is openly unknown
    problem: Problem | None = None


_HOLDING = (CustodyStatus.HELD, CustodyStatus.OFFERED)
# The later of two statements about one link counts for more: unknown is the more careful one.
_MOVING = (CustodyStatus.RECEIVING, CustodyStatus.IN_TRANSIT, CustodyStatus.UNKNOWN)


def account(
    ledgers: Mapping[str, Iterable[CustodyRecord]],
    tubes: Iterable[str] = (),
    delayed: bool = False,
) -> dict[str, Account]:
    """Merge the ledgers' present records into one statement for each tube, sorted by name.

    A ledger that holds the tube decides. If none does, the record furthest along the tube's chain
    of custody (`link`) does: a giver that has not yet heard of a confirmation stands behind the
    receiver that gave it. Each tube of `tubes` is accounted for even if no ledger names it.

    With `delayed` the records are reports that came at different times: of two holders the one
    further along the chain counts, and a hand-over counts before the receiver's own report.

    Where a chain leads to a ledger that was lost, or to none, and one was lost, the tube is openly
    unknown.
    """
    found: dict[str, list[CustodyRecord]] = {tube: [] for tube in tubes}
    for owner in sorted(ledgers):
        for record in ledgers[owner]:
            found.setdefault(record.tube, []).append(record)
    return {tube: _account(tube, found[tube], delayed) for tube in sorted(found)}


def agrees(account: Account, true_place: str, dropped_to: str | None = None) -> bool:
    """Return whether a statement is true of a tube that is at `true_place`.

    A tube on the move may be at either end, or, if the judge allows it, where it falls when it is
    dropped (`dropped_to`). Openly unknown is always true, a problem never.
    """
    if account.problem is not None:
        return False
    if account.in_transit is not None:
        return true_place in (*account.in_transit, dropped_to)
    return account.last_seen is not None or account.place == true_place


def _account(tube: str, records: list[CustodyRecord], delayed: bool) -> Account:
    holding = [record for record in records if record.status in _HOLDING]
    if delayed:
        holding = _furthest(holding)
    holders = tuple(record.owner for record in holding)
    if len(holding) > 1:
        claims = " and ".join(f"{record.owner} ({record.place})" for record in holding)
        return Account(tube, f"claimed by {claims}", holders=holders, problem=Problem.CONTRADICTION)
    if holding:
        [record] = holding
        return Account(tube, f"{record.place}, held by {record.owner}", record.place, holders)
    return _account_without_holder(tube, records, delayed)


def _account_without_holder(tube: str, records: list[CustodyRecord], delayed: bool) -> Account:
    forgotten = {each.owner: each for each in records if each.step == FORGET}
    newest = _furthest([each for each in records if each.step != FORGET])
    if forgotten:
        lost = _led_to(newest, forgotten)
        if lost is not None:
            return lost
    moving = [record for record in newest if record.status in _MOVING]
    if not moving:
        return _account_without_claim(tube, newest, delayed)
    record = max(moving, key=lambda each: _MOVING.index(each.status))
    if record.status is CustodyStatus.UNKNOWN or record.destination is None:
        statement = f"unknown, last seen {record.place} by {record.owner}"
        if record.reason:
            statement += f" ({record.reason})"
        return Account(tube, statement, last_seen=record.place)
    return Account(
        tube,
        f"in transit from {record.place} to {record.destination}",
        in_transit=(record.place, record.destination),
    )


def _led_to(newest: list[CustodyRecord], forgotten: Mapping[str, CustodyRecord]) -> Account | None:
    """The statement about a tube of which a ledger that was lost may have known more."""
    if any(each.status in _MOVING and each.counterpart not in forgotten for each in newest):
        return None
    last = newest[0] if newest else next(iter(forgotten.values()))
    seen = last.destination or last.place
    who = next((owner for owner in forgotten if owner == last.counterpart), next(iter(forgotten)))
    statement = f"unknown, last seen {seen} by {last.owner} ({who}: {forgotten[who].reason})"
    return Account(last.tube, statement, last_seen=seen)


def _account_without_claim(tube: str, newest: list[CustodyRecord], delayed: bool) -> Account:
    given = [record for record in newest if record.status is CustodyStatus.HANDED_OVER]
    if not given:
        return Account(tube, "claimed by no ledger", problem=Problem.SILENTLY_LOST)
    record = given[0]
    told = f"{record.owner} handed it over to {record.counterpart} at {record.destination}"
    if delayed:
        return Account(tube, f"{told}, whose report is awaited", place=record.destination)
    return Account(tube, f"{told}, and no ledger claims it", problem=Problem.SILENTLY_LOST)


def _furthest(records: list[CustodyRecord]) -> list[CustodyRecord]:
    link = max((record.link for record in records), default=0)
    return [record for record in records if record.link == link]

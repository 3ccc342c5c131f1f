"""The auditor: holds the ledgers of all nodes against the world's truth at every instant.

It runs after each true move of a tube and after each step of a ledger. Lost in silence and counted
twice are the two things that must never happen; either is a violation, kept with its time.

What a device does that nobody told it to, nobody can know before he looks: what his ledger said
until then counts as true until the next look of the vehicle that holds the tube, and no longer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flight.icd.custody_account import Account, account, agrees
from flight.icd.custody_record import CustodyRecord
from flight.icd.places import GROUND
from sim_hw.world.tubes import TubeMove, TubeRegistry

START_UP = 60.0  # s within which every tube has to be in a ledger: the nodes boot one by one
Ledgers = Callable[[], Mapping[str, Iterable[CustodyRecord]]]


@dataclass(frozen=True)
class Violation:
    """A moment at which what the ledgers said was not true."""

    time: float
    tube: str
    statement: str
    truth: str


@dataclass(frozen=True)
class _Unseen:
    """A move that nobody had asked for: what the ledgers said before, and may say until then."""

    statement: str
    until: float


def at_once(owner: str) -> float:
    """Whoever holds a tube looks all the time."""
    return 0.0


class Auditor:
    """Compares statement and truth; `violations` is empty for a run whose custody held.

    A tube counts from when a ledger first names it, and from START_UP on in any case.
    """

    def __init__(
        self,
        registry: TubeRegistry,
        ledgers: Ledgers,
        clock: Callable[[], float],
        looks_within: Callable[[str], float] = at_once,
    ) -> None:
        """`looks_within`: s until the owner of a ledger has looked at what it lives by again."""
        self.audits = 0
        self._violations: list[Violation] = []
        self._looks_within = looks_within
        self._unseen: dict[str, _Unseen] = {}
        self._registry = registry
        self._ledgers = ledgers
        self._clock = clock
        self._open: dict[str, str] = {}
        self._named: dict[str, None] = {}
        registry.observe(self._moved)

    @property
    def violations(self) -> list[Violation]:
        """All until now, in the order in which they were found."""
        for tube, unseen in list(self._unseen.items()):
            if self._clock() > unseen.until:
                self.audit(tube)
        return self._violations

    def _moved(self, move: TubeMove) -> None:
        tube = move.tube_id
        self._unseen.pop(tube, None)
        if move.unasked:
            said = self.statement()[tube]
            if len(said.holders) == 1 and agrees(said, move.before.place):
                until = self._clock() + self._looks_within(said.holders[0])
                self._unseen[tube] = _Unseen(said.statement, until)
        self.audit(tube)

    def _cannot_know(self, tube: str, statement: str) -> bool:
        """Whether a tube was moved by itself since its holder has looked, and nothing else is said
        of it than before."""
        unseen = self._unseen.get(tube)
        if unseen is None:
            return False
        if statement == unseen.statement and self._clock() <= unseen.until:
            return True
        del self._unseen[tube]
        return False

    def statement(self) -> dict[str, Account]:
        """What the ledgers of all nodes together say of each tube."""
        return account(self._ledgers(), self._registry.tube_ids)

    def accounted(self) -> tuple[str, ...]:
        """The tubes whose place is known and stated as it is, now; one that is openly unknown, or
        on the move, is not among them."""
        said = self.statement()
        tubes = self._registry
        return tuple(t for t in tubes.tube_ids if said[t].place == tubes.state(t).place)

    def audit(self, tube: str | None = None) -> None:
        """Compares now; of one tube, or of all."""
        self.audits += 1
        ledgers = {owner: list(records) for owner, records in self._ledgers().items()}
        statements = account(ledgers, self._registry.tube_ids)
        if self._clock() < START_UP:
            self._named.update((r.tube, None) for records in ledgers.values() for r in records)
        for tube_id in self._registry.tube_ids if tube is None else (tube,):
            if self._clock() < START_UP and tube_id not in self._named:
                continue
            truth = self._registry.state(tube_id).place
            said = statements[tube_id]
            if agrees(said, truth, dropped_to=GROUND):
                self._open.pop(tube_id, None)
                self._unseen.pop(tube_id, None)
            elif self._cannot_know(tube_id, said.statement):
                continue
            elif self._open.get(tube_id) != said.statement:
                self._open[tube_id] = said.statement
                self._violations.append(Violation(self._clock(), tube_id, said.statement, truth))

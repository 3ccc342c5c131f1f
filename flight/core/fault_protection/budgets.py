"""How often responses have acted: a budget in a time, where it says so over reboots."""

from collections.abc import Callable

from flight.core.fault_protection.tables import Budget
from flight.core.keeping.storage import Storage, StorageDamage

NAMESPACE = "fault_protection"
SHOTS, OWED = "shots", "owed"


class Budgets:
    """The shots of each response. `count`: seconds of the oscillator, which runs over reboots."""

    def __init__(self, storage: Storage, count: Callable[[], float]) -> None:
        self._storage = storage
        self._count = count
        self._shots: dict[str, list[float]] = self._restored()
        self._kept: dict[str, None] = dict.fromkeys(self._shots)

    def left(self, name: str, budget: Budget | None) -> bool:
        """Whether there is a shot left."""
        return budget is None or len(self._recent(name, budget)) < budget.times

    def use(self, name: str, budget: Budget | None) -> None:
        """Uses a shot up; before anything is done, lest a reboot by it is forgotten."""
        if budget is None:
            return
        self._shots[name] = [*self._recent(name, budget), self._count()]
        if budget.over_boots:
            self._kept[name] = None
            kept = {each: self._shots[each] for each in self._kept}
            self._storage.put(NAMESPACE, SHOTS, kept)

    def forget(self, name: str) -> None:
        """Gives a response all its shots back."""
        self._shots.pop(name, None)
        if name in self._kept:
            del self._kept[name]
            kept = {each: self._shots[each] for each in self._kept}
            self._storage.put(NAMESPACE, SHOTS, kept)

    def owed(self) -> list[str]:
        """The responses that have acted and not been undone, also before a reboot."""
        try:
            stored = self._storage.get(NAMESPACE, OWED, [])
        except StorageDamage:
            return []
        return [str(each) for each in stored] if isinstance(stored, list) else []

    def owe(self, name: str, owes: bool) -> None:
        """A response has acted and is to be undone one day, or has been."""
        before = self.owed()
        if owes is not (name in before):
            left = [each for each in before if each != name]
            self._storage.put(NAMESPACE, OWED, [*left, name] if owes else left)

    def _recent(self, name: str, budget: Budget) -> list[float]:
        # A count that began anew hides nothing: what lies ahead of it counts as now.
        begin = self._count() - budget.per
        return [each for each in self._shots.get(name, ()) if each > begin]

    def _restored(self) -> dict[str, list[float]]:
        try:
            stored = self._storage.get(NAMESPACE, SHOTS, {})
        except StorageDamage:
            return {}
        if not isinstance(stored, dict):
            return {}
        return {
            str(name): [float(each) for each in shots]
            for name, shots in stored.items()
            if isinstance(shots, list) and all(isinstance(each, int | float) for each in shots)
        }

"""The namespaces of the store of a vehicle, in which its records lie."""

from flight.core.commanding.ladder import ENDED
from flight.core.commanding.ladder import NAMESPACE as COMMANDS
from flight.core.custody.ledger_records import BEGUN
from flight.core.fault_protection.budgets import NAMESPACE as FAULT_PROTECTION
from flight.core.fault_protection.timers import NAMESPACE as TIMERS
from flight.core.keeping.continuity import CLOCK, NODE
from flight.core.keeping.health import NAMESPACE as BOOT
from flight.core.keeping.memory import NAMESPACE as MEMORY
from flight.core.keeping.opening import NAMESPACE as STORE
from flight.core.keeping.parameters import NAMESPACE as PARAMETERS
from flight.core.sequencing.sequence_store import RUNS, SEQUENCES
from flight.core.telling.recorder import JOURNAL as RECORDER

EVERYWHERE = (
    NODE, STORE, CLOCK, BOOT, MEMORY, PARAMETERS, COMMANDS, ENDED, FAULT_PROTECTION, TIMERS,
    SEQUENCES, RUNS, RECORDER, BEGUN,
)  # fmt: skip


def namespaces_of(vehicle: str) -> tuple[str, ...]:
    """Those that a vehicle can have records in."""
    return (*EVERYWHERE, f"custody.{vehicle}", f"custody.{vehicle}.transfers")

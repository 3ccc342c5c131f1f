"""What the process that composes a run tells another one about faults, and what that answers.

Orders go down a pipe of their own, a line of JSON each; what a fault does comes up the reporting
pipe. Both are counted on the common clock, so that mission time stands until they are taken.
"""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError
from sim_hw.faults.catalogue import Catalogue, catalogue
from sim_hw.faults.fault import TRIGGERS, At, Fault, Target, Trigger, Until, is_per_call
from sim_hw.faults.kind import TARGET_KINDS, TargetKind
from sim_hw.faults.reading import plain_fault
from sim_hw.faults.targets import Targets

Order = tuple[str, Any]
"""What is to be done, and with which fault: all of it to arm one, else its id."""
NEVER = 1e10  # s: who is told when to begin waits for that
ARM, BEGIN, HEAL = "arm", "begin", "heal"


def for_inside(fault: Fault) -> dict[str, Any]:
    """A fault as the other process is to have it: it counts calls by itself; of all else it is told
    when."""
    if not is_per_call(fault.when):
        told = msgspec.structs.replace(fault, when=At(at=NEVER), lasts=None)
    elif isinstance(fault.lasts, Until):
        told = msgspec.structs.replace(fault, lasts=NEVER)
    else:
        told = fault
    return plain_fault(told)


def fault_of(plain: dict[str, Any], kinds: Catalogue, part: Any = None) -> Fault:
    """The fault in plain data that this program has written; `part`: its target, for kinds that it
    alone has. Raises LookupError, StopIteration or msgspec.ValidationError for what is none."""
    given = dict(plain)
    sort: TargetKind = next(each for each in TARGET_KINDS if each in given)
    name, identifier = given.pop(sort), given.pop("id")
    when, lasts = given.pop("when", None), given.pop("lasts", None)
    method, fields = given.pop("method", None), tuple(given.pop("fields", ()))
    kind = kinds.of(sort, part)[given["kind"]]
    return Fault(
        id=identifier,
        target=Target(sort, name),
        kind=msgspec.convert(given, kind),
        method=method,
        fields=fields,
        when=None if when is None else _trigger(when),
        lasts=msgspec.convert(lasts, Until) if isinstance(lasts, dict) else lasts,
    )


def recorded_faults(
    plain: Iterable[dict[str, Any]], targets: Targets, file: str
) -> tuple[Fault, ...]:
    """The faults of a record; raises ConfigurationError for what is none in its mission."""
    kinds, found = catalogue(), []
    for each in plain:
        try:
            sort: TargetKind = next(one for one in TARGET_KINDS if one in each)
            found.append(fault_of(each, kinds, targets.parts[sort][each[sort]]))
        except (LookupError, StopIteration, TypeError, ValueError) as error:
            problem = f"faults: {each.get('id')!r} is no fault of this mission ({error})"
            raise ConfigurationError(file, 1, "faults", problem) from error
    return tuple(found)


def _trigger(plain: dict[str, Any]) -> Trigger:
    kind = next(kind for key, kind in TRIGGERS.items() if key in plain)
    trigger: Trigger = msgspec.convert(plain, kind)  # type: ignore[assignment]
    return trigger


def standing(orders: list[Order], what: str, value: Any) -> list[Order]:
    """The orders that hold after one more: about a fault that is healed there is none."""
    if what == HEAL:
        return [each for each in orders if _fault_in(each) != value]
    return [*orders, (what, value)]


def _fault_in(order: Order) -> str:
    """The id of the fault that an order is about."""
    _, value = order
    return str(value["id"] if isinstance(value, dict) else value)


def line(what: str, value: Any, *, counted: bool) -> bytes:
    """An order; `counted`: mission time waits until it is taken."""
    return json.dumps([what, value, counted]).encode() + b"\n"

"""What the process that composes a run tells another one about faults, and what that answers.

Orders go down a pipe of their own, a line of JSON each; what a fault does comes up the reporting
pipe. Both are counted on the common clock, so that mission time stands until they are taken.
"""

import json
from typing import Any

import msgspec

from sim_hw.faults.catalogue import Catalogue
from sim_hw.faults.fault import TRIGGERS, At, Fault, Target, Trigger, Until, is_per_call
from sim_hw.faults.kind import TARGET_KINDS, TargetKind
from sim_hw.faults.reading import plain_fault

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


def fault_of(plain: dict[str, Any], catalogue: Catalogue) -> Fault:
    """The fault in plain data that this program has written."""
    given = dict(plain)
    sort: TargetKind = next(each for each in TARGET_KINDS if each in given)
    name, identifier = given.pop(sort), given.pop("id")
    when, lasts = given.pop("when", None), given.pop("lasts", None)
    method, fields = given.pop("method", None), tuple(given.pop("fields", ()))
    kind = catalogue.kinds(sort)[given["kind"]]
    return Fault(
        id=identifier,
        target=Target(sort, name),
        kind=msgspec.convert(given, kind),
        method=method,
        fields=fields,
        when=None if when is None else _trigger(when),
        lasts=lasts,
    )


def _trigger(plain: dict[str, Any]) -> Trigger:
    kind = next(kind for key, kind in TRIGGERS.items() if key in plain)
    trigger: Trigger = msgspec.convert(plain, kind)  # type: ignore[assignment]
    return trigger


def line(what: str, value: Any, *, counted: bool) -> bytes:
    """An order; `counted`: mission time waits until it is taken."""
    return json.dumps([what, value, counted]).encode() + b"\n"

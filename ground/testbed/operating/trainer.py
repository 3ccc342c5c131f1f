"""What a trainer can do to a run that is under way: break something, heal it, let somebody die."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import yaml

from flight.configuration.files import ConfigurationError, NodeTypeReader
from flight.configuration.sections import Section
from flight.runtime.loop import NANOSECONDS
from ground.mission_control import Drills
from ground.missions.mission import LoadedMission
from ground.testbed.control_room.fault_forms import kinds_form, targets_form
from ground.testbed.faults.connecting import targets_of
from ground.testbed.faults.injector import Faults
from ground.testbed.operating.drilling import NoDrills
from ground.testbed.participants.roles import GROUND
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.reading import plain_fault, read_fault
from sim_hw.faults.targets import Targets

PLACE = "fault_inject"
"""What stands in a refusal where the name of a file would."""


class Trainer:
    """Of one run. Each act raises ValueError with a sentence for what cannot be.

    `runs`: whether a participant does; `let_die` lets it die.
    """

    def __init__(
        self,
        mission: LoadedMission,
        faults: Faults,
        runs: Callable[[str], bool],
        let_die: Callable[[str], None],
        drills: Drills | None = None,
    ) -> None:
        self._mission = mission
        self._faults = faults
        self._runs = runs
        self._let_die = let_die
        self.drills: Drills = NoDrills() if drills is None else drills

    @cached_property
    def _targets(self) -> Targets:
        return targets_of(self._mission)

    def targets(self) -> dict[str, Any]:
        """What can break, when it can begin, for how long."""
        return targets_form(self._targets)

    def kinds(self, sort: str, target: str) -> dict[str, Any]:
        """How a target can break."""
        return kinds_form(catalogue(), self._targets, sort, target)

    def told(self, of: str | None, limit: int) -> dict[str, Any]:
        """The faults of the run, the newest first, and their newest hits."""
        faults, counts = self._faults, self._faults.counts
        every = faults.every()
        if of is not None and of not in (fault.id for fault, _ in every):
            allowed = ", ".join(fault.id for fault, _ in every) or "none"
            raise ValueError(f"of = {of!r}: allowed is one of {allowed}")
        hits = [hit for hit in faults.hits if of in (None, hit.fault)]
        return {
            "faults": [
                {
                    "id": fault.id, "words": fault.words(), "fault": plain_fault(fault),
                    "state": state, "began_ns": _ns(faults.began.get(fault.id)),
                    "healed_ns": _ns(faults.healed.get(fault.id)), "hits": counts.get(fault.id, 0),
                }
                for fault, state in reversed(every)
                if of in (None, fault.id)
            ][:limit],
            "hits": [
                {
                    "t_ns": _ns(hit.time), "fault": hit.fault, "where": hit.where,
                    "before": hit.before, "after": hit.after, "number": hit.number,
                }
                for hit in hits[-limit:][::-1]
            ],
        }  # fmt: skip

    def inject(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Lets something break: a fault as a file of faults says it."""
        try:
            read = read_fault(_section(fault), self._targets)
        except (ConfigurationError, yaml.YAMLError) as error:
            raise ValueError(str(error)) from error
        self._faults.arm(read)
        return {"fault": read.id, "says": read.words()}

    def heal(self, name: str) -> dict[str, Any]:
        """Ends a fault that is armed or acts."""
        known = [fault.id for fault in self._faults.armed]
        if name not in known:
            raise ValueError(f"name = {name!r}: allowed is one of {', '.join(known) or 'none'}")
        self._faults.heal(name)
        return {"fault": name}

    def kill(self, role: str) -> dict[str, Any]:
        """Lets a participant die now."""
        roles = (*self._mission.vehicles, GROUND)
        if role not in roles:
            raise ValueError(f"role = {role!r}: allowed is one of {', '.join(roles)}")
        if not self._runs(role):
            raise ValueError(f"role = {role!r}: it does not run now")
        self._let_die(role)
        return {"role": role}


def _ns(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * NANOSECONDS)


def _section(fault: dict[str, Any]) -> Section:
    """A fault in plain data, as a part of a file, so that it is read and refused as in one."""
    node = yaml.compose(yaml.safe_dump(fault, sort_keys=False))
    assert node is not None
    return Section(NodeTypeReader(PLACE), node, "fault")

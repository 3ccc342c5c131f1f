"""What a trainer can do to a run that is under way: break something, heal it, let somebody die."""

from collections.abc import Callable
from typing import Any

import yaml

from flight.configuration.files import ConfigurationError, NodeTypeReader
from flight.configuration.sections import Section
from ground.missions.mission import LoadedMission
from ground.testbed.faults.connecting import targets_of
from ground.testbed.faults.injector import Faults
from ground.testbed.roles import GROUND
from sim_hw.faults.reading import read_fault
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
    ) -> None:
        self._mission = mission
        self._faults = faults
        self._runs = runs
        self._let_die = let_die
        self._targets: Targets | None = None

    def inject(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Lets something break: a fault as a file of faults says it."""
        if self._targets is None:
            self._targets = targets_of(self._mission)
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


def _section(fault: dict[str, Any]) -> Section:
    """A fault in plain data, as a part of a file, so that it is read and refused as in one."""
    node = yaml.compose(yaml.safe_dump(fault, sort_keys=False))
    assert node is not None
    return Section(NodeTypeReader(PLACE), node, "fault")

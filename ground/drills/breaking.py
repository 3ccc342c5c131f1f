"""The seam to what can break: reads the faults of a drill against what its scenario has."""

import msgspec

from flight.configuration.sections import Section
from ground.drills.scenario import Scenario
from sim_hw.faults.fault import At, Fault
from sim_hw.faults.reading import read_faults


def read_faults_of(section: Section, scenario: Scenario) -> tuple[Fault, ...]:
    """The faults of a drill; raises ConfigurationError."""
    return tuple(read_faults(section, scenario.targets))


def from_start(fault: Fault, start: float) -> Fault:
    """A fault whose times count from the start of its drill, by mission time."""
    if isinstance(fault.when, At):
        return msgspec.structs.replace(fault, when=At(start + fault.when.at))
    return fault


def target_words(fault: Fault) -> str:
    """What a fault is at."""
    method = f".{fault.method}" if fault.method else ""
    fields = f" ({', '.join(fault.fields)})" if fault.fields else ""
    return f"{fault.target}{method}{fields}"

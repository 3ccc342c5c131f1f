"""The seam to what can break: reads the faults of a drill against what its scenario has."""

import msgspec

from flight.configuration.sections import Section
from ground.drills.scenario import Scenario
from sim_hw.faults.fault import At, Fault, Until
from sim_hw.faults.reading import read_faults


def read_faults_of(section: Section, scenario: Scenario, horizon: float) -> tuple[Fault, ...]:
    """The faults of a drill; raises ConfigurationError."""
    faults = read_faults(section, scenario.targets)
    for item, fault in zip(section.items(), faults, strict=True):
        if isinstance(fault.when, At) and fault.when.at >= horizon:
            place = item.at("when").at("at")
            raise place.refuse_value(f"less than the horizon ({horizon:g} s)")
    return tuple(faults)


def from_start(fault: Fault, start: float) -> Fault:
    """A fault whose times count from the start of its drill, by mission time."""
    if isinstance(fault.when, At):
        return msgspec.structs.replace(fault, when=At(start + fault.when.at))
    return fault


def ends_by_itself(fault: Fault) -> bool:
    """Whether a fault has an end of its own: nobody has to heal it."""
    return isinstance(fault.lasts, float | Until)


def target_words(fault: Fault) -> str:
    """What a fault is at."""
    method = f".{fault.method}" if fault.method else ""
    fields = f" ({', '.join(fault.fields)})" if fault.fields else ""
    return f"{fault.target}{method}{fields}"

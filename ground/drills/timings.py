"""What the times of a drill must be to each other, or something could never happen in it."""

from flight.configuration.sections import Section
from ground.drills.drill import AtTime, Drill, Heal
from ground.drills.scenario import Scenario
from sim_hw.faults.fault import After, At, Fault, InState


def check_times(section: Section, drill: Drill, scenario: Scenario) -> None:
    """Raises ConfigurationError for the first that cannot be. Times in s."""
    _check_start(section.at("start"), drill, scenario.limit)
    _check_faults(section, drill)
    _check_within(section, drill)
    if drill.heal is not None:
        _check_heal(section.at("heal"), drill, drill.heal)
    _check_operator(section, drill)


def earliest(fault: Fault) -> float:
    """How long after the start of its drill a fault begins at the earliest, s."""
    match fault.when:
        case At(at=seconds) | After(delay=seconds) | InState(held=seconds):
            return seconds
    return 0.0


def never_ends(fault: Fault, horizon: float) -> bool:
    """Whether a fault acts until the end of its drill, unless it is healed."""
    if fault.lasts is None:
        return True
    return isinstance(fault.lasts, float) and earliest(fault) + fault.lasts >= horizon


def _check_start(section: Section, drill: Drill, limit: float) -> None:
    start = drill.start
    if isinstance(start.at, AtTime) and start.nth != 1:
        raise section.at("nth").refuse_value("1: a time comes once")
    left = limit - (start.at.seconds if isinstance(start.at, AtTime) else 0.0)
    if start.delay and start.delay >= left:
        allowed = f"less than {left:g} s, which the scenario's time limit leaves"
        raise section.at("delay").refuse_value(allowed)


_KEYS: dict[type, str] = {At: "at", After: "delay", InState: "for"}


def _check_faults(section: Section, drill: Drill) -> None:
    for index, fault in enumerate(drill.faults):
        if earliest(fault) >= drill.horizon:
            when = section.at("faults").items()[index].at("when")
            place = when.at(_KEYS[type(fault.when)])
            raise place.refuse_value(f"less than the horizon ({drill.horizon:g} s)")


def _check_within(section: Section, drill: Drill) -> None:
    healed = drill.heal is not None and drill.heal.at is not None
    for each in drill.within:
        whole = section.at("within").at(each.name)
        place = whole.get("since") or whole
        if each.since != "start" and not drill.faults:
            told = f'since "{each.since}" of a fault, and the drill has none'
            raise place.refuse(f"{place.key}: it counts {told}: allowed is since: start")
        if each.since == "end" and not healed:
            _check_ends(place, drill)


def _check_ends(place: Section, drill: Drill) -> None:
    """Refuses what counts from the end of faults of which one never ends."""
    for fault in drill.faults:
        if never_ends(fault, drill.horizon):
            raise place.refuse(
                f"{place.key} = {place.plain()}: fault {fault.id} does not end before the horizon "
                f"({drill.horizon:g} s): allowed is that it lasts less, or is healed at a time"
            )


def _check_heal(section: Section, drill: Drill, heal: Heal) -> None:
    place = section.at("at")
    if not drill.faults:
        raise place.refuse(f"{place.key}: the drill has no fault that could be healed")
    if heal.at is None:
        _check_ends(place, drill)
        return
    for fault in drill.faults:
        if heal.at <= earliest(fault):
            allowed = f"more than {earliest(fault):g} s, when fault {fault.id} begins"
            raise place.refuse_value(allowed)


def _check_operator(section: Section, drill: Drill) -> None:
    for index, step in enumerate(drill.operator):
        place = section.at("operator").items()[index]
        if step.deadline > drill.horizon:
            allowed = f"at most the horizon ({drill.horizon:g} s)"
            raise place.at("deadline").refuse_value(allowed)
        if step.delay > step.deadline:
            raise place.at("delay").refuse_value(f"at most the deadline ({step.deadline:g} s)")

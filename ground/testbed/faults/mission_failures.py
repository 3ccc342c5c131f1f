"""The `failures:` of a mission file, as the faults that they are."""

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.missions.mission import Failure, LoadedMission
from ground.testbed.hardware.hardware import Hardware
from sim_hw.faults.fault import At, Fault, Target, Trigger, Tubes
from sim_hw.faults.node_kinds import Lost
from sim_hw.faults.own_kinds import mode_as_kind


def fault_id(index: int) -> str:
    """What the failure at a place of the file (from 0) is called among the faults of the run."""
    return f"failure_{index + 1}"


def faults_of(mission: LoadedMission, hardware: Hardware) -> list[Fault]:
    """Every failure of a mission that was checked; they last for good."""
    return [
        _fault(index, failure, hardware) for index, failure in enumerate(mission.mission.failures)
    ]


def _fault(index: int, failure: Failure, hardware: Hardware) -> Fault:
    when = _trigger(failure)
    if failure.what == "vehicle":
        target = Target("node", failure.target)
        return Fault(id=fault_id(index), target=target, kind=Lost(), when=when)
    kind = mode_as_kind(hardware.device(failure.target), failure.mode, failure.options)
    return Fault(id=fault_id(index), target=Target("device", failure.target), kind=kind, when=when)


def _trigger(failure: Failure) -> Trigger:
    if failure.tubes is not None:
        return Tubes(tubes=failure.tubes.count, place=failure.tubes.place)
    assert failure.after_sols is not None
    return At(at=failure.after_sols * SOL_SECONDS)

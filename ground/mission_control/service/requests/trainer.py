"""A trainer's requests: what can break, what does; something breaks, or is whole again; somebody
dies."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ground.api import training
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import TRAINER, Asked, Handlers, Refused
from ground.mission_control.service.simulation import Simulation

handlers = Handlers()
MOST_CHECKPOINTS = 200


@contextmanager
def _simulation(desk: ControlDesk) -> Iterator[Simulation]:
    """What can be broken here; what it cannot do is a refusal, by its own sentence."""
    if desk.simulation is None:
        raise Refused("nothing is simulated here: nothing can be broken")
    try:
        yield desk.simulation
    except ValueError as error:
        raise Refused(str(error)) from None


def _looked(desk: ControlDesk, asked: Asked, what: str) -> AbstractContextManager[Simulation]:
    """What a trainer looks at, which the crew does not see."""
    desk.people.need(asked, (TRAINER,), what)
    return _simulation(desk)


@handlers.read(training.FaultTargets)
def targets(desk: ControlDesk, asked: Asked, request: training.FaultTargets) -> dict[str, Any]:
    """What can break."""
    with _looked(desk, asked, "fault_targets") as simulation:
        return simulation.targets()


@handlers.read(training.FaultKinds)
def kinds(desk: ControlDesk, asked: Asked, request: training.FaultKinds) -> dict[str, Any]:
    """How it can."""
    with _looked(desk, asked, "fault_kinds") as simulation:
        return simulation.kinds(request.sort, request.target)


@handlers.read(training.Faults)
def faults(desk: ControlDesk, asked: Asked, request: training.Faults) -> dict[str, Any]:
    """What does, and what of it was hit."""
    with _looked(desk, asked, "faults") as simulation:
        return simulation.told(request.of, request.limit)


@handlers.change(training.FaultInject, roles=(TRAINER,))
def inject(
    desk: ControlDesk, asked: Asked, request: training.FaultInject
) -> dict[str, Any]:
    """Lets something break."""
    with _simulation(desk) as simulation:
        done = simulation.inject(request.fault)
    desk.keep("fault", "injected", who=asked.user, data={"fault": request.fault})
    return done


@handlers.change(training.FaultHeal, roles=(TRAINER,))
def heal(desk: ControlDesk, asked: Asked, request: training.FaultHeal) -> dict[str, Any]:
    """Lets it be whole again."""
    with _simulation(desk) as simulation:
        done = simulation.heal(request.name)
    desk.keep("fault", "healed", who=asked.user, data={"name": request.name})
    return done


@handlers.read(training.DrillFiles)
def drill_files(desk: ControlDesk, asked: Asked, request: training.DrillFiles) -> dict[str, Any]:
    """Which drills there are, or what one says."""
    with _looked(desk, asked, "drill_files") as simulation:
        drills = simulation.drills
        return drills.catalogue() if request.name is None else drills.text(request.name)


@handlers.read(training.DrillNow)
def drill(desk: ControlDesk, asked: Asked, request: training.DrillNow) -> dict[str, Any]:
    """What is going on, as far as who asks may know."""
    with _simulation(desk) as simulation:
        return simulation.drills.told(trainer=desk.people.has(asked, TRAINER))


@handlers.change(training.DrillBegin, roles=(TRAINER,))
def drill_begin(desk: ControlDesk, asked: Asked, request: training.DrillBegin) -> dict[str, Any]:
    """A drill waits for its start, or begins."""
    with _simulation(desk) as simulation:
        done = simulation.drills.begin(
            request.name, request.text, request.case, now=request.now, stand=request.stand
        )
    desk.keep("fault", "drill_begun", who=asked.user, data={"starts": done["starts"]})
    return done


@handlers.change(training.DrillEnd, roles=(TRAINER,))
def drill_end(desk: ControlDesk, asked: Asked, request: training.DrillEnd) -> dict[str, Any]:
    """It is broken off."""
    with _simulation(desk) as simulation:
        done = simulation.drills.end()
    desk.keep("fault", "drill_ended", who=asked.user)
    return done


@handlers.read(training.Branch)
def branch(desk: ControlDesk, asked: Asked, request: training.Branch) -> dict[str, Any]:
    """Not here: another run is begun by who starts runs."""
    raise Refused("another run is begun beside this one: ask its edge for it (`msr control`)")


@handlers.read(training.Checkpoints)
def checkpoints(desk: ControlDesk, asked: Asked, request: training.Checkpoints) -> dict[str, Any]:
    """The instants that have a name."""
    desk.people.need(asked, (TRAINER,), "checkpoints")
    made = [entry for entry in desk.journal.of("fault") if entry.what == "checkpoint"]
    return {
        "checkpoints": [
            {**entry.data, "by": entry.who, "t_ns": entry.t} for entry in reversed(made)
        ],
        "branch_of": desk.about.branch_of,
    }


@handlers.change(training.Checkpoint, roles=(TRAINER,))
def checkpoint(desk: ControlDesk, asked: Asked, request: training.Checkpoint) -> dict[str, Any]:
    """This instant gets a name."""
    if not desk.about.deterministic:
        raise Refused("this run does not fly again from its record: nothing can branch off from it")
    known = [entry for entry in desk.journal.of("fault") if entry.what == "checkpoint"]
    if request.name in (entry.data["name"] for entry in known):
        raise Refused(f"name = {request.name!r}: there is a checkpoint of that name already")
    if len(known) >= MOST_CHECKPOINTS:
        raise Refused(f"a run has {MOST_CHECKPOINTS} checkpoints at most")
    entry = desk.keep(
        "fault", "checkpoint", who=asked.user, data={"name": request.name, "note": request.note}
    )
    return {"name": request.name, "t_ns": entry.t}


@handlers.change(training.KillRequest, roles=(TRAINER,))
def kill(desk: ControlDesk, asked: Asked, request: training.KillRequest) -> dict[str, Any]:
    """Lets somebody die."""
    with _simulation(desk) as simulation:
        done = simulation.kill(request.role)
    desk.keep("fault", "killed", who=asked.user, data={"role": request.role})
    return done

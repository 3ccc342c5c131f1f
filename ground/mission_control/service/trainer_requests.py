"""A trainer's requests: what can break, what does; something breaks, or is whole again; somebody
dies."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ground.api import training
from ground.mission_control.service.desk import Desk
from ground.mission_control.service.handling import TRAINER, Asked, Handlers, Refused
from ground.mission_control.service.simulation import Simulation

handlers = Handlers()


@contextmanager
def _simulation(desk: Desk) -> Iterator[Simulation]:
    """What can be broken here; what it cannot do is a refusal, by its own sentence."""
    if desk.simulation is None:
        raise Refused("nothing is simulated here: nothing can be broken")
    try:
        yield desk.simulation
    except ValueError as error:
        raise Refused(str(error)) from None


def _looked(desk: Desk, asked: Asked, what: str) -> AbstractContextManager[Simulation]:
    """What a trainer looks at, which the crew does not see."""
    desk.people.need(asked, (TRAINER,), what)
    return _simulation(desk)


@handlers.read(training.FaultTargets)
def targets(desk: Desk, asked: Asked, request: training.FaultTargets) -> dict[str, Any]:
    """What can break."""
    with _looked(desk, asked, "fault_targets") as simulation:
        return simulation.targets()


@handlers.read(training.FaultKinds)
def kinds(desk: Desk, asked: Asked, request: training.FaultKinds) -> dict[str, Any]:
    """How it can."""
    with _looked(desk, asked, "fault_kinds") as simulation:
        return simulation.kinds(request.sort, request.target)


@handlers.read(training.Faults)
def faults(desk: Desk, asked: Asked, request: training.Faults) -> dict[str, Any]:
    """What does, and what of it was hit."""
    with _looked(desk, asked, "faults") as simulation:
        return simulation.told(request.of, request.limit)


@handlers.change(training.FaultInject, roles=(TRAINER,))
def inject(
    desk: Desk, asked: Asked, request: training.FaultInject
) -> dict[str, Any]:
    """Lets something break."""
    with _simulation(desk) as simulation:
        done = simulation.inject(request.fault)
    desk.keep("fault", "injected", who=asked.user, data={"fault": request.fault})
    return done


@handlers.change(training.FaultHeal, roles=(TRAINER,))
def heal(desk: Desk, asked: Asked, request: training.FaultHeal) -> dict[str, Any]:
    """Lets it be whole again."""
    with _simulation(desk) as simulation:
        done = simulation.heal(request.name)
    desk.keep("fault", "healed", who=asked.user, data={"name": request.name})
    return done


@handlers.change(training.KillRequest, roles=(TRAINER,))
def kill(desk: Desk, asked: Asked, request: training.KillRequest) -> dict[str, Any]:
    """Lets somebody die."""
    with _simulation(desk) as simulation:
        done = simulation.kill(request.role)
    desk.keep("fault", "killed", who=asked.user, data={"role": request.role})
    return done

"""A trainer's requests: something breaks, or is whole again; somebody dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ground.api import controlling
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


@handlers.change(controlling.FaultInject, roles=(TRAINER,))
def inject(
    desk: Desk, asked: Asked, request: controlling.FaultInject
) -> dict[str, Any]:
    """Lets something break."""
    with _simulation(desk) as simulation:
        done = simulation.inject(request.fault)
    desk.keep("fault", "injected", who=asked.user, data={"fault": request.fault})
    return done


@handlers.change(controlling.FaultHeal, roles=(TRAINER,))
def heal(desk: Desk, asked: Asked, request: controlling.FaultHeal) -> dict[str, Any]:
    """Lets it be whole again."""
    with _simulation(desk) as simulation:
        done = simulation.heal(request.name)
    desk.keep("fault", "healed", who=asked.user, data={"name": request.name})
    return done


@handlers.change(controlling.KillRequest, roles=(TRAINER,))
def kill(desk: Desk, asked: Asked, request: controlling.KillRequest) -> dict[str, Any]:
    """Lets somebody die."""
    with _simulation(desk) as simulation:
        done = simulation.kill(request.role)
    desk.keep("fault", "killed", who=asked.user, data={"role": request.role})
    return done

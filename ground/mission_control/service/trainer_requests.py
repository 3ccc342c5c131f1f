"""A trainer's requests: something breaks, or is whole again; somebody dies."""

from typing import Any

from ground.api import controlling
from ground.mission_control.service.desk import Desk
from ground.mission_control.service.handling import TRAINER, Asked, Handlers, Refused
from ground.mission_control.service.simulation import Simulation

handlers = Handlers()


def _simulation(desk: Desk) -> Simulation:
    if desk.simulation is None:
        raise Refused("nothing is simulated here: nothing can be broken")
    return desk.simulation


@handlers.change(controlling.FaultInject, roles=(TRAINER,))
def inject(
    desk: Desk, asked: Asked, request: controlling.FaultInject
) -> dict[str, Any]:
    """Lets something break."""
    try:
        done = _simulation(desk).inject(request.fault)
    except ValueError as error:
        raise Refused(str(error)) from None
    desk.keep("fault", "injected", who=asked.user, data={"fault": request.fault})
    return done


@handlers.change(controlling.FaultHeal, roles=(TRAINER,))
def heal(desk: Desk, asked: Asked, request: controlling.FaultHeal) -> dict[str, Any]:
    """Lets it be whole again."""
    try:
        done = _simulation(desk).heal(request.name)
    except ValueError as error:
        raise Refused(str(error)) from None
    desk.keep("fault", "healed", who=asked.user, data={"name": request.name})
    return done


@handlers.change(controlling.KillRequest, roles=(TRAINER,))
def kill(desk: Desk, asked: Asked, request: controlling.KillRequest) -> dict[str, Any]:
    """Lets somebody die."""
    try:
        done = _simulation(desk).kill(request.role)
    except ValueError as error:
        raise Refused(str(error)) from None
    desk.keep("fault", "killed", who=asked.user, data={"role": request.role})
    return done

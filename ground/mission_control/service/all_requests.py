"""Who answers which request: the modules of handlers, in one table."""

from ground.mission_control.service import (
    alarm_requests,
    authority_requests,
    history_requests,
    procedure_requests,
    reading_requests,
    releasing_requests,
    staging_requests,
    trainer_requests,
)
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import Handlers

MODULES = (
    reading_requests, staging_requests, releasing_requests, authority_requests, trainer_requests,
    alarm_requests, history_requests, procedure_requests,
)  # fmt: skip


def attach_all(desk: ControlDesk) -> None:
    """Has what the modules keep told in the journal and in snapshots."""
    alarm_requests.attach(desk)
    history_requests.attach(desk)
    procedure_requests.attach(desk)


def all_handlers() -> Handlers:
    """Of all modules; raises ValueError where two answer the same request."""
    return Handlers().add(module.handlers for module in MODULES)

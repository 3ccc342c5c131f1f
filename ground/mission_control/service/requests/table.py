"""Who answers which request: the modules of handlers, in one table."""

from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import Handlers
from ground.mission_control.service.requests import alarms as alarm_requests
from ground.mission_control.service.requests import authority as authority_requests
from ground.mission_control.service.requests import history as history_requests
from ground.mission_control.service.requests import procedures as procedure_requests
from ground.mission_control.service.requests import reading as reading_requests
from ground.mission_control.service.requests import releasing as releasing_requests
from ground.mission_control.service.requests import staging as staging_requests
from ground.mission_control.service.requests import trainer as trainer_requests

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

"""Who answers which request: the modules of handlers, in one table."""

from ground.mission_control.service import (
    authority_requests,
    reading_requests,
    releasing_requests,
    staging_requests,
    trainer_requests,
)
from ground.mission_control.service.handling import Handlers

MODULES = (
    reading_requests, staging_requests, releasing_requests, authority_requests, trainer_requests,
)  # fmt: skip


def all_handlers() -> Handlers:
    """Of all modules; raises ValueError where two answer the same request."""
    return Handlers().add(module.handlers for module in MODULES)

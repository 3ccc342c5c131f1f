"""How a vehicle is told who sends a command."""

import re

from ground.api.fields import PERSON


def user_of(origin: str) -> str:
    """The person that an origin stands for; empty where it is none."""
    return origin.removeprefix(PERSON) if origin.startswith(PERSON) else ""


def origin_of(user: str) -> str:
    """A person, as the origin of a command: a name that every message can carry."""
    return PERSON + re.sub(r"[^A-Za-z0-9._-]", "_", user)[:60]

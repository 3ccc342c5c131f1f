"""How a vehicle is told who sends a command."""

import re


def origin_of(user: str) -> str:
    """A person, as the origin of a command: a name that every message can carry."""
    return "operator." + re.sub(r"[^A-Za-z0-9._-]", "_", user)[:60]

"""Paths to a figure in a reading: `range`, `velocity[2]`, `zones.arm.on`."""

import re
from functools import cache

_PART = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")


@cache
def steps_of(path: str) -> tuple[str | int, ...]:
    """The steps from a reading down: a field or a key as text, a place in a vector as a number."""
    steps: list[str | int] = []
    for part in path.split("."):
        match = _PART.fullmatch(part)
        if match is None:
            steps.append(part)  # nothing has such a name: who looks it up says so
            continue
        steps.append(match[1])
        steps += [int(index) for index in re.findall(r"\d+", match[2])]
    return tuple(steps)


def field_of(path: str) -> str:
    """The field of the reading in which a figure stands."""
    return str(steps_of(path)[0])

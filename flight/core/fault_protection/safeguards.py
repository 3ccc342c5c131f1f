"""Safeguards: what a vehicle's own code does so that one fault alone does no harm.

A safeguard is no table entry and no command can switch it off: it is the way a skill works. It has
a name all the same, so that it is listed, and so that a drill can fly without it and show what it
is for (`Structure.keeps`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Safeguard:
    """`doc`: what is done, in one sentence; `lesson`: what happened where it was not done."""

    name: str
    doc: str
    lesson: str = ""

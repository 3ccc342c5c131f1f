"""The structural protections of a node: parts that are always there, in no table.

Each is a part that can be replaced by a permissive one of a name of its own where a run is composed
(`ground.testbed.protections`); no vehicle can do that, and no command.
"""

from dataclasses import dataclass

from flight.icd.frames import ReadFrame, read_frame


@dataclass(frozen=True)
class Structure:
    """`read_frame`: opens what a radio has received, if its checksum matches. `gate_is_open`: the
    gate of the readings lets all pass."""

    read_frame: ReadFrame = read_frame
    gate_is_open: bool = False

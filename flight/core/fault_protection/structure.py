"""The structural protections of a node: parts that are always there, in no table.

Each is a part that can be replaced by a permissive one of a name of its own where a run is composed
(`ground.testbed.computers.protections`); no vehicle can do that, and no command.
"""

from dataclasses import dataclass

from flight.core.fault_protection.safeguards import Safeguard
from flight.icd.frames import ReadFrame, read_frame

ALL = "*"


@dataclass(frozen=True)
class Structure:
    """`read_frame`: opens what a radio has received, if its checksum matches. `gate_is_open`: the
    gate of the readings lets all pass. `left_out`: the names of safeguards that are left out; `*`
    stands for all."""

    read_frame: ReadFrame = read_frame
    gate_is_open: bool = False
    left_out: frozenset[str] = frozenset()

    def keeps(self, safeguard: Safeguard) -> bool:
        """Whether a safeguard of the vehicle is in place."""
        return not (safeguard.name in self.left_out or ALL in self.left_out)


STRUCTURE = Structure()
"""With everything in place."""

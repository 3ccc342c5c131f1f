"""What the faults of a line are called: in simulation, on a bench, and in a bench file alike."""

from typing import Literal, get_args

LineFault = Literal["open", "short", "delay", "drop", "corrupt", "stuck"]
KINDS: tuple[LineFault, ...] = get_args(LineFault)
CUTS: tuple[LineFault, ...] = ("open", "short")
"""Those that let nothing pass."""

"""What `msr` ends with, whichever its command."""

YES = 0
"""It was done, and the answer is yes: the mission succeeded, the figures agree."""
NO = 1
"""It was done, and the answer is no: the mission failed, a figure misses, a page is stale."""
REFUSED = 2
"""What was asked cannot be done; nothing was touched or started."""
UNKNOWN = 3
"""It was begun, and nobody can say: the machine did not let it end (the disk is full, no descriptor
is left), or a drill could not be judged."""
BROKE = 4
"""The program broke: an error of its own."""


def exit_code_of(verdict: str) -> int:
    """Of a flight: YES for a success, UNKNOWN where its record was torn, NO for all else."""
    return {"success": YES, "unknown": UNKNOWN}.get(verdict, NO)


def after_signal(number: int) -> int:
    """What a process ends with that a signal has ended, as shells tell it."""
    return 128 + number

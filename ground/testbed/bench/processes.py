"""Processes of this machine, told apart also where a number is used again."""

import shlex
from pathlib import Path

LONGEST_COMMAND = 120  # characters of a refusal


def start_of(pid: int) -> int:
    """When a process was started, in ticks since the boot of the machine; 0: there is none.

    A number of a process is used again; with its start it is not.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])


def command_of(pid: int) -> str:
    """What a process was started with, as far as it can be said in a line; "" for none."""
    try:
        data = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    words = shlex.join(data.decode(errors="replace").rstrip("\0").split("\0"))
    shown = "".join(each if each.isprintable() else "?" for each in words)
    return shown if len(shown) <= LONGEST_COMMAND else f"{shown[:LONGEST_COMMAND]}..."

"""Which code of the C library computes sines, exponentials and powers, and holding it to one.

The GNU C library chooses by the CPU: with fused multiply-add (FMA, or AMD's FMA4) the last bits of
`sin`, `exp`, `log`, `pow`, `atan` and their kin are others than without, and with them the bits of
every run. What all x86-64 CPUs can do is the code without. The choice is made when a process
starts, by its environment (`GLIBC_TUNABLES`, see "Hardware Capability Tunables" in the manual of
glibc): so a program that wants it pinned begins itself anew, once.

Imports next to nothing, as that happens before anything else is imported.
"""

import os
import sys
from collections.abc import Mapping

TUNABLES = "GLIBC_TUNABLES"
HWCAPS = "glibc.cpu.hwcaps"
SWITCHED_OFF = ("-FMA", "-FMA4")
"""AVX2 alone changes no bit; copying and comparing memory stays fast with it."""
FUSED = frozenset({"fma", "fma4"})
"""The flags of /proc/cpuinfo."""


def libc() -> str:
    """The C library as it calls itself, such as `glibc 2.36`; empty for any but the GNU one."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""


def cpu_flags(file: str = "/proc/cpuinfo") -> frozenset[str]:
    """What the first CPU can do, by the names of Linux; empty where that is not told."""
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, _, flags = line.partition(":")
                if name.strip() in ("flags", "Features"):
                    return frozenset(flags.split())
    except OSError:
        pass
    return frozenset()


def pinned(environment: Mapping[str, str]) -> bool:
    """Whether a process of this environment has the code without FMA."""
    return set(SWITCHED_OFF) <= set(_hwcaps(environment).split(","))


def with_pin(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that pins the code; other tunables and capabilities stay as they are set."""
    others = [part for part in _tunables(environment) if not part.startswith(f"{HWCAPS}=")]
    known = [part for part in _hwcaps(environment).split(",") if part]
    wanted = [*known, *(part for part in SWITCHED_OFF if part not in known)]
    value = ":".join([*others, f"{HWCAPS}={','.join(wanted)}"])
    return {**environment, TUNABLES: value}


def dispatch(environment: Mapping[str, str] | None = None) -> str:
    """In words, what decides here on the code of the C library.

    `pinned` and `single` are the same on each CPU of the architecture; what begins with `by the
    CPU` is not, and says why.
    """
    environment = os.environ if environment is None else environment
    if not libc():
        return "by the CPU: only the GNU C library can be pinned"
    if os.uname().machine not in ("x86_64", "amd64"):
        return "single"  # elsewhere glibc has one variant of these functions
    if pinned(environment):
        return "pinned"
    flags = cpu_flags()
    return "single" if flags and not flags & FUSED else "by the CPU: not pinned at the start"


def pin() -> None:
    """Begins this process anew with the pinned code, if it is not pinned and can be.

    Returns where there is nothing to do or nothing that could be done; `dispatch` tells which.
    """
    if dispatch() != "by the CPU: not pinned at the start" or not sys.executable:
        return
    arguments = [sys.executable, *sys.orig_argv[1:]]
    try:
        os.execve(sys.executable, arguments, with_pin(os.environ))
    except OSError:
        return  # flown unpinned, and the fingerprint says so


def _tunables(environment: Mapping[str, str]) -> list[str]:
    return [part for part in environment.get(TUNABLES, "").split(":") if part]


def _hwcaps(environment: Mapping[str, str]) -> str:
    found = ""
    for part in _tunables(environment):
        name, _, value = part.partition("=")
        if name == HWCAPS:
            found = value
    return found

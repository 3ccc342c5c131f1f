"""Builds the example devices in C: for Linux, as a library, for a Cortex-M3."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flight.icd.devices.ascent import AttitudeEffectors, Igniter
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery

SOURCES = Path(__file__).parent / "firmware"
DEVICES: dict[str, type[DeviceInterface]] = {
    "wheels": Wheels, "nozzle": AttitudeEffectors, "igniter": Igniter, "battery": Battery,
}  # fmt: skip
"""Each device in C, and its interface."""
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
PATIENCE = 120.0  # s for a compiler


class NotBuilt(Exception):
    """The device could not be built; the text says why, and the next step."""


@dataclass(frozen=True)
class Recipe:
    """How a host is built: compiler, the host's own sources, flags, and the Debian packages."""

    compiler: str
    sources: tuple[str, ...]
    flags: tuple[str, ...]
    ending: str
    packages: str


HOSTS = {
    "posix": Recipe("gcc", ("host_posix.c",), ("-O2",), "", "gcc libc6-dev"),
    "library": Recipe(
        "gcc", ("host_library.c",), ("-O2", "-fPIC", "-shared"), ".so", "gcc libc6-dev"
    ),
    "cortex_m3": Recipe(
        "arm-none-eabi-gcc",
        ("host_mps2.c",),
        (
            "-mcpu=cortex-m3", "-mthumb", "-Os", "-ffunction-sections", "-fdata-sections",
            "-flto", "-nostartfiles", "--specs=nosys.specs", "-Wl,--gc-sections",
            "-T", "{sources}/mps2.ld",
        ),
        ".elf",
        "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
    ),
}


def build(
    device: str,
    host: str,
    folder: Path,
    *,
    defines: Sequence[str] = (),
    sources: Path = SOURCES,
) -> Path:
    """The device for a host, built into a folder that is there; raises NotBuilt."""
    recipe = HOSTS[host]
    compiler = shutil.which(recipe.compiler)
    if compiler is None:
        raise NotBuilt(f"{recipe.compiler} is not here: on Debian, apt install {recipe.packages}")
    out = folder / f"{device}_{host}{recipe.ending}"
    names = ("wire.c", "pack.c", "device.c", f"{device}.c", *recipe.sources)
    command = [
        compiler, *WARNINGS, f"-I{sources}",
        *(flag.replace("{sources}", str(sources)) for flag in recipe.flags),
        f'-DINTERFACE_HASH="{interface_hash(DEVICES[device])}"',
        *(f"-D{each}" for each in defines),
        *(str(sources / name) for name in names), "-o", str(out), "-lm",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"{recipe.compiler} was not done within {PATIENCE:g} s") from None
    if done.returncode:
        raise NotBuilt(f"{recipe.compiler}: {done.stderr.strip()}")
    return out

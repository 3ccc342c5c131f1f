"""What a bench file says of a device that is a recording: which keys there are, and where it is."""

import os
from pathlib import Path

import msgspec

from flight.configuration.files import refusal
from sim_hw.bench.recording import RECORDING

KEYS = (
    "mode", "recording", "hold", "identity", "rates", "calibration", "calibration_required",
    "on_loss",
)  # fmt: skip
"""Of a device that is a recording. All others are of what is there, and can be asked."""
OF_RECORDINGS = ("recording", "hold")
"""Of those, what no other device has."""
HOLD = 1800.0
"""s: half of the hour after which a vehicle that sleeps looks at what it reads."""


def recording_of(path: Path, name: str) -> Path:
    """The file that a recording is in, named from the bench file at `path`; of a run folder the one
    in it."""
    found = path.resolve().parent / name
    return found / RECORDING if os.path.isdir(found) else found


def check_tape(path: Path, key: str, device: msgspec.Struct) -> None:
    """Refuses keys that do not go together with its mode; raises ConfigurationError."""
    given = [each.name for each in msgspec.structs.fields(device)
             if getattr(device, each.name) != _default(each)]  # fmt: skip
    if getattr(device, "mode", "") != "replay":
        for name in OF_RECORDINGS:
            if name in given:
                raise refusal(path, f"{key}.{name}", "none but of mode: replay")
        return
    for name in given:
        if name not in KEYS:
            words = f"none of a recording, which has {', '.join(KEYS)}"
            raise refusal(path, f"{key}.{name}", words)
    name = getattr(device, "recording", "")
    if not name:
        words = "recording: a bench.mcap of an earlier flight, or its run folder"
        raise refusal(path, f"{key}.recording", words)
    if not os.path.isfile(recording_of(path, name)):  # False for a name that is none, too
        words = "a bench.mcap that is there, or a run folder with one, beside this file"
        raise refusal(path, f"{key}.recording", words)


def _default(field: msgspec.structs.FieldInfo) -> object:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()

"""How devices refuse failures that they do not have."""

import difflib
import re

from sim_hw.serving.device import SimulatedDevice


def unknown_mode(device: SimulatedDevice, mode: str, allowed: str) -> ValueError:
    """The error of a failure mode that a device does not have."""
    near = difflib.get_close_matches(mode, re.findall(r"\w+", allowed), n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return ValueError(f"{device.service} has no failure {mode!r}{meant}; it has: {allowed}")

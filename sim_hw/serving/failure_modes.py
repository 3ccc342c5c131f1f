"""How devices refuse failures that they do not have."""

from sim_hw.serving.device import SimulatedDevice


def unknown_mode(device: SimulatedDevice, mode: str, allowed: str) -> ValueError:
    """The error of a failure mode that a device does not have."""
    return ValueError(f"{device.service} has no failure {mode!r}; it has: {allowed}")

"""Parameters of the space links."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity, find_configuration, load_configuration
from sim_hw.devices.orbital_imagery import ImageryParameters

FrameError = Annotated[float, Quantity("1", ge=0, lt=1)]
Repeats = Annotated[int, Quantity("1", ge=0, le=50)]


class ProximityParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """UHF between vehicles on the ground. `antenna_height`: metres above the ground, by vehicle."""

    antenna_height: dict[str, Annotated[float, Quantity("m", gt=0, le=10)]]
    frame_error: FrameError
    repeats: Repeats
    latency: Annotated[float, Quantity("s", ge=0, le=10)]


class RelayParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The relay orbiter, as a store that forwards."""

    minimum_elevation: Annotated[float, Quantity("deg", ge=0, lt=90)]
    acquisition_time: Annotated[float, Quantity("s", ge=0, le=600)]
    frame_error: FrameError
    repeats: Repeats
    queue_bytes: Annotated[int, Quantity("B", gt=0, le=10**12)]


class EarthParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Between Earth and Mars. Frame errors in conjunction hold for frames from Mars.

    The stations keep the last `kept_frames` frames from Mars, of at most `kept_bytes` together.
    """

    station_elevation: Annotated[float, Quantity("deg", ge=0, lt=90)]
    horizon_mask: Annotated[float, Quantity("deg", ge=0, lt=90)]
    relay_uplink_rate: Annotated[float, Quantity("bit/s", gt=0)]
    relay_downlink_rate_at_farthest: Annotated[float, Quantity("bit/s", gt=0)]
    relay_downlink_rate_limit: Annotated[float, Quantity("bit/s", gt=0)]
    frame_error: FrameError
    frame_error_in_conjunction: FrameError
    repeats: Repeats
    conjunction_angle: Annotated[float, Quantity("deg", ge=0, lt=90)]
    kept_frames: Annotated[int, Quantity("1", ge=1, le=10**6)]
    kept_bytes: Annotated[int, Quantity("B", ge=1, le=10**9)]


class LinkParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All space links of a run, and what comes to Earth beside them: pictures from orbit."""

    proximity: ProximityParameters
    relay: RelayParameters
    earth: EarthParameters
    imagery: ImageryParameters


def load_link_parameters(name: str = "nominal") -> LinkParameters:
    """The links of `configs/links/<name>.yaml`, or of a file; raises ConfigurationError."""
    return load_configuration(find_configuration("links", name), LinkParameters)

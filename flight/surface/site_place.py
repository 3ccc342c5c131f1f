"""A place on the site's map, as a vehicle remembers it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from flight.surface.route_planning import Place


class SitePlace(msgspec.Struct, frozen=True):
    """East and north of the tube Malay in m."""

    east: float
    north: float


def known_place(told: SitePlace | None, planned: Mapping[str, Any]) -> Place:
    """Where something stands: as it was told, else as it was planned (`east`, `north`)."""
    if told is not None:
        return told.east, told.north
    return float(planned["east"]), float(planned["north"])

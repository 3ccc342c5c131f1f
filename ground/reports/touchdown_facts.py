"""What the summary says of the capsule's touchdown: the site, the place, the ellipse predicted."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flight.astrodynamics.ellipsoids import WGS84, east_north_up
from flight.astrodynamics.vectors import subtract, transform
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.evidence.run_events import EVENTS_FILE
from ground.testbed.hardware.milestones import Touchdown
from ground.testbed.participants.vehicles import vehicle_class

DISTANCE_AIM = 60.0
"""m from its aim, within which the lander is to come down."""


def touchdown_facts(touchdown: Touchdown | None, run_folder: Path) -> dict[str, Any] | None:
    """Of the truth, and of what the run's nodes have told; None without a touchdown."""
    if touchdown is None:
        return None
    orbiter = load_vehicle_file(vehicle_class("orbiter"), None).flight
    site = orbiter["site_latitude"], orbiter["site_longitude"]
    place = touchdown.latitude, touchdown.longitude
    return {
        "time": round(touchdown.time, 3),
        "speed": round(touchdown.speed, 2),
        **place_about_site(place, site, predicted_landing(run_folder)),
    }


def predicted_landing(run_folder: Path) -> dict[str, Any] | None:
    """The data of the orbiter's last `landing_predicted`; None when it never told one."""
    told: dict[str, Any] | None = None
    with (run_folder / EVENTS_FILE).open(encoding="utf-8") as lines:
        for line in lines:
            if '"landing_predicted"' in line:
                event = json.loads(line)
                if event["source"] == "orbiter" and event["name"] == "landing_predicted":
                    told = event["data"]
    return told


def place_about_site(
    place: tuple[float, float],
    site: tuple[float, float],
    predicted: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A touchdown beside the site that was aimed at (latitude, longitude, degrees), km.

    `predicted`: the data of the orbiter's event `landing_predicted`.
    """
    east, north = kilometres_from(site, place)
    found: dict[str, Any] = {
        "latitude": round(place[0], 5),
        "longitude": round(place[1], 5),
        "site": {"latitude": site[0], "longitude": site[1]},
        "east_km": round(east, 3),
        "north_km": round(north, 3),
        "miss_km": round(math.hypot(east, north), 3),
        "along_km": None,
        "across_km": None,
        "predicted": None,
        "in_ellipse": None,
    }
    if predicted is None:
        return found
    along, across = turned(east, north, predicted["heading"])
    x, y = kilometres_from((predicted["latitude"], predicted["longitude"]), place)
    long, short = turned(x, y, predicted["azimuth"])
    inside = math.hypot(long / predicted["long"], short / predicted["short"]) <= 1.0
    found |= {
        "along_km": round(along, 3),
        "across_km": round(across, 3),
        "predicted": {
            "latitude": predicted["latitude"],
            "longitude": predicted["longitude"],
            "long_semi_axis_km": predicted["long"],
            "short_semi_axis_km": predicted["short"],
            "azimuth_deg": predicted["azimuth"],
            "heading_deg": predicted["heading"],
            "entry_angle_deg": predicted["angle"],
            "entry_angle_sigma_deg": predicted["angle_sigma"],
        },
        "in_ellipse": inside,
    }
    return found


def kilometres_from(origin: tuple[float, float], place: tuple[float, float]) -> tuple[float, float]:
    """East and north of an origin, both latitude and longitude in degrees on the ellipsoid, km."""
    latitude, longitude = (math.radians(angle) for angle in origin)
    start = WGS84.to_cartesian(latitude, longitude, 0.0)
    end = WGS84.to_cartesian(math.radians(place[0]), math.radians(place[1]), 0.0)
    east, north, _ = transform(east_north_up(latitude, longitude), subtract(end, start))
    return east / 1e3, north / 1e3


def turned(east: float, north: float, azimuth: float) -> tuple[float, float]:
    """Along a direction (degrees from north, to the east) and to its right."""
    sine, cosine = math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    return east * sine + north * cosine, east * cosine - north * sine

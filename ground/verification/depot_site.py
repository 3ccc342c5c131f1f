"""V4: the depot at Three Forks. Which tubes, in which order, dropped when, lying where.

The published figures stand here a second time, so that a slip in the depot's file shows.
"""

from math import hypot

from flight.astrodynamics.mars_time import format_lmst, jd_tt_of_local_time, local_sol_number
from flight.astrodynamics.time_scales import format_iso, parse_iso, tt_from_utc, utc_from_tt
from ground.verification.rows import Kind, Row, clock
from sim_hw.world.depot import Depot, depot_geometry, load_depot

NOTEBOOK = "PDS M2020 Notebook"
LOCALISATION = "M20 localisation"
PHOTOJOURNAL = "PIA25682"

LANDING_UTC = "2021-02-18T20:44:00Z"
LANDING_LONGITUDE_DEGREES = 77.45088572
"""East longitude of the landing site, which keeps the mission's local mean time (M20 waypoints)."""

# Name, id, sol of the drop, local mean time of it (PDS Analyst's Notebook), metres east and north
# of Malay (from the rover's localisation), in the order of the drops.
PUBLISHED_TUBES = (
    ("Malay", "M2020-00337-08", 653, "13:38:22", 0.00, 0.00),
    ("Mageik", "M2020-00579-17", 655, "13:25:57", 4.97, -5.94),
    ("Crosswind Lake", "M2020-00639-21", 661, "12:48:36", 17.16, 2.47),
    ("Roubion", "M2020-00164-02", 666, "13:32:55", 18.45, 7.82),
    ("Coulettes", "M2020-00271-06", 668, "13:23:56", 25.00, 5.44),
    ("Montdenier", "M2020-00190-03", 672, "14:09:04", 28.39, 10.36),
    ("Bearwallow", "M2020-00516-15", 675, "13:07:52", 32.58, 5.93),
    ("Skyland", "M2020-00495-12", 680, "12:52:42", 42.38, 22.17),
    ("Atsah", "M2020-00374-10", 682, "14:04:26", 47.88, 25.78),
    ("Amalik", "M2020-00586-18", 690, "14:36:27", 39.04, 43.86),
)


def drop_jd_tt(
    sol: int,
    local_time: str,
    landing_utc: str = LANDING_UTC,
    longitude_degrees: float = LANDING_LONGITUDE_DEGREES,
) -> float:
    """Julian date in TT of a mission's sol (landing sol = 0) and local mean time HH:MM:SS."""
    landing = local_sol_number(tt_from_utc(parse_iso(landing_utc)), longitude_degrees)
    return jd_tt_of_local_time(landing + sol, clock(local_time) / 3600.0, longitude_degrees)


def mission_clock(
    jd_tt: float,
    landing_utc: str = LANDING_UTC,
    longitude_degrees: float = LANDING_LONGITUDE_DEGREES,
) -> str:
    """Text ``Sol 653 M 13:38:22`` of a Julian date in TT: the way back from :func:`drop_jd_tt`."""
    landing = local_sol_number(tt_from_utc(parse_iso(landing_utc)), longitude_degrees)
    return format_lmst(jd_tt, longitude_degrees, landing)


def rows(depot: Depot | None = None) -> list[Row]:
    """Tubes and drops, the dates of the first and the last, and the geometry of a depot."""
    depot = load_depot() if depot is None else depot
    return [*_tubes(depot), *_dates(depot), *_geometry(depot)]


def _tubes(depot: Depot) -> list[Row]:
    computed = [
        f"{tube.id} {mission_clock(drop_jd_tt(tube.dropped_sol, tube.dropped_local_time))}"
        for tube in depot.tubes
    ]
    computed += ["no such tube"] * (len(PUBLISHED_TUBES) - len(computed))
    found = [
        Row(
            quantity=f"tube {number} {name}: id and drop",
            source=NOTEBOOK,
            published=f"{tube_id} Sol {sol:03d} M {time}",
            computed=text,
            kind=Kind.TEXT,
        )
        for number, ((name, tube_id, sol, time, *_), text) in enumerate(
            zip(PUBLISHED_TUBES, computed, strict=False), start=1
        )
    ]
    count = Row(
        quantity="number of tubes",
        source=PHOTOJOURNAL,
        published=float(len(PUBLISHED_TUBES)),
        computed=float(len(depot.tubes)),
        digits=0,
    )
    return [count, *found]


def _dates(depot: Depot) -> list[Row]:
    found = []
    for tube, published in ((depot.tubes[0], "2022-12-21"), (depot.tubes[-1], "2023-01-28")):
        jd_utc = utc_from_tt(drop_jd_tt(tube.dropped_sol, tube.dropped_local_time))
        found.append(
            Row(
                quantity=f"UTC day of the drop of {tube.name}",
                source=PHOTOJOURNAL,
                published=published,
                computed=format_iso(jd_utc)[:10],
                kind=Kind.TEXT,
            )
        )
    return found


def _geometry(depot: Depot) -> list[Row]:
    positions = depot.positions()
    geometry = depot_geometry(positions)
    offset = max(
        hypot(east - published[4], north - published[5])
        for (east, north), published in zip(positions, PUBLISHED_TUBES, strict=False)
    )
    return [
        _metres("largest offset from published east, north", 0.0, offset),
        _metres("shortest step to the next tube", 5.5, min(geometry.steps)),
        _metres("longest step to the next tube", 20.0, max(geometry.steps)),
        _metres("path through all tubes", 92.8, geometry.path),
        _metres("smallest separation of two tubes", 5.5, geometry.minimum_separation),
        _metres("extent east", 47.9, geometry.extent_east),
        _metres("extent north", 49.8, geometry.extent_north),
        # The caption says "5 to 15 metres apart", which the rover's own localisation exceeds.
        Row(
            quantity="longest step as captioned",
            source=PHOTOJOURNAL,
            published=15.0,
            computed=max(geometry.steps),
            tolerance=1.0,
            unit="m",
            digits=2,
            required=False,
        ),
    ]


def _metres(quantity: str, published: float, computed: float) -> Row:
    return Row(
        quantity=quantity,
        source=LOCALISATION,
        published=published,
        computed=computed,
        tolerance=1.0,
        unit="m",
        digits=2,
    )

"""The round of the fetch: which tube is next, the way to it, and the end of the work."""

from math import cos, sin, tau
from typing import Annotated

import msgspec

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.arguments import Arguments, TubeId
from flight.core.custody.ledger import CustodyStatus
from flight.icd import places
from flight.icd.devices.manipulation import RACK_SLOTS
from flight.rover.fetch_plan import FetchPlan, best_order
from flight.rover.grasping import held_tube, settle_moves
from flight.rover.sol_work import NEXT_SOL
from flight.rover.sols import by_day, fold_arm, set_awake
from flight.rover.travel import leave_lander
from flight.rover.vehicle import RoverVehicle
from flight.surface.driving import DriveFailed, DriveOutcome
from flight.surface.route_planning import Place

LOOKING_DISTANCE = 2.2  # m before the expected place from where the tube is looked for
NO_WAY = "no_way"
MISSED = ("tube_missing", "grasp_missed", "rack_missed", NO_WAY)

TubeIds = Annotated[list[TubeId], msgspec.Meta(min_length=1, max_length=RACK_SLOTS)]


class FetchTubes(Arguments, frozen=True):
    """The tubes to collect."""

    tubes: TubeIds


@by_day
async def plan_next(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Decides what comes next: "drive", "search", "rack", "rest" or "finished"."""
    _take_note(node, signal)
    if node.asleep or signal.name == "fetch_tubes":
        await set_awake(node, True)
    await settle_moves(node)
    if held_tube(node) is not None:
        node.fetch.current = held_tube(node) or ""
        node.keep_fetch_plan()
        return "rack"
    wanted = remaining(node)
    if not wanted:
        await fold_arm(node)
        return Signal("finished", {"result": _report(node)})
    if not await node.sols.plan():
        return "rest"
    today = [tube for tube in wanted if not node.fetch.on_another_sol(tube, node.sols.sol)]
    if not today and signal.name != "awake":  # else it has slept, whatever its clock says
        node.sols.reason = NEXT_SOL
        return "rest"
    await fold_arm(node)
    await node.locomotion.catch_up()
    await leave_lander(node)
    node.fetch.current = _next_tube(node, today or wanted)
    node.keep_fetch_plan()
    place = node.tube_place(node.fetch.current)
    node.tube_chosen(
        tube=node.fetch.current,
        distance=round(node.pose.distance_to(place), 1),
        remaining=len(wanted),
    )
    node.progress(f"{len(node.fetch.tubes) - len(wanted)} of {len(node.fetch.tubes)} tubes done")
    return "drive"


@by_day
async def drive_to_tube(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Drives to where the tube can be looked for; outcome "arrived", "rest" or "no_way"."""
    place = node.tube_place(node.fetch.current)
    if node.pose.distance_to(place) < LOOKING_DISTANCE + 1.0:
        return "arrived"
    goal = node.locomotion.cost_map.free_before(place, _side(node, place), LOOKING_DISTANCE)
    try:
        outcome = await node.locomotion.drive_to(goal, tolerance=0.8, may_go_on=node.sols.may_go_on)
    except DriveFailed as failure:
        return Signal(NO_WAY, {"reason": str(failure)})
    return "arrived" if outcome is DriveOutcome.ARRIVED else "rest"


def _side(node: RoverVehicle, place: Place) -> Place:
    """Where to come from: straight on at the first visit, a third of a turn about at each other."""
    east, north = node.pose.east - place[0], node.pose.north - place[1]
    turn = node.fetch.attempts.get(node.fetch.current, 0) * tau / 3.0
    return (
        place[0] + east * cos(turn) + north * sin(turn),
        place[1] + north * cos(turn) - east * sin(turn),
    )


def remaining(node: RoverVehicle) -> list[str]:
    """The tubes of the command that are neither collected nor given up."""
    return [
        tube
        for tube in node.fetch.tubes
        if tube not in node.fetch.left and not is_collected(node, tube)
    ]


def is_collected(node: RoverVehicle, tube: str) -> bool:
    """Whether the ledger has a tube in the rack, or already handed over."""
    record = node.ledger.record(tube)
    if record is None:
        return False
    in_rack = record.place == places.ROVER_RACK and record.status in (
        CustodyStatus.HELD,
        CustodyStatus.OFFERED,
    )
    return in_rack or record.status is CustodyStatus.HANDED_OVER


def _take_note(node: RoverVehicle, signal: Signal) -> None:
    if isinstance(signal.carried, FetchTubes):
        if node.fetch.command != signal.cause:
            wanted = list(signal.carried.tubes)
            node.fetch = FetchPlan(signal.cause, wanted, seen=node.fetch.seen)
        for tube in node.fetch.tubes:
            if node.ledger.record(tube) is None:
                raise ActivityFailed(f"the map has no tube {tube}")
    elif signal.name in MISSED and node.fetch.current:
        reason = str(signal.data.get("reason", signal.name))
        limit = node.parameters["visits"]
        node.tube_missed(tube=node.fetch.current, reason=reason)
        # What kept it from getting there is the rover's own trouble as often as the ground's.
        if signal.name == NO_WAY and node.fetch.puts_off(node.fetch.current, limit, node.sols.sol):
            node.tube_put_off(tube=node.fetch.current, reason=reason)
        elif node.fetch.tried(node.fetch.current, reason, limit):
            node.tube_left(tube=node.fetch.current, reason=reason, visits=limit)
    node.keep_fetch_plan()


def _next_tube(node: RoverVehicle, wanted: list[str]) -> str:
    """The first of the best round over those that were tried least."""
    fewest = min(node.fetch.attempts.get(tube, 0) for tube in wanted)
    places = {
        tube: node.tube_place(tube) for tube in wanted if node.fetch.attempts.get(tube, 0) == fewest
    }
    return best_order(node.pose.place, node.lander_place, places)[0]


def _report(node: RoverVehicle) -> str:
    collected = [tube for tube in node.fetch.tubes if is_collected(node, tube)]
    text = (
        f"collected {len(collected)} of {len(node.fetch.tubes)}: {', '.join(collected) or 'none'}"
    )
    if node.fetch.left:
        left = "; ".join(f"{tube} ({reason})" for tube, reason in node.fetch.left.items())
        text += f". Left: {left}"
    node.fetch_finished(collected=len(collected), left=len(node.fetch.left))
    return text

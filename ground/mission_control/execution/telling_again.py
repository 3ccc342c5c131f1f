"""What a vehicle is told again that has lost its memory: the orders that it had carried out before.

Where things stand it finds by its own sensors; what it was judged, set or declared to be it knows
from nobody but the ground.
"""

from flight.icd.messages import Command
from ground.mission_control.archive.archive import order_of
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.tools import ProcedureTools

LOST = "store_damaged"
"""The event by which a vehicle says that its store is not what it was."""


def told_before(vehicle: str, names: list[str], tools: ProcedureTools) -> list[Command]:
    """The last of each of these commands that the vehicle had completed when it lost its memory, in
    the order in which they were issued; without those that it has completed since."""
    clocks = tools.telemetry.clocks
    lost_ns = max(
        (
            clocks.present(each.source, order_of(each), each.time_ns)
            for each in tools.archive.events(vehicle, LOST)
        ),
        default=None,
    )
    if lost_ns is None:
        return []
    last = {
        each.order.name: each
        for each in tools.tracker.commands()
        if each.order.target == vehicle
        and each.order.name in names
        and each.order.stage != "arm"
        and each.verdict is Verdict.COMPLETED
    }
    return [
        each.order
        for each in sorted(last.values(), key=lambda each: each.issued_ns)
        if each.issued_ns < lost_ns
    ]

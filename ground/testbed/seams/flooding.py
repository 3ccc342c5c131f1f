"""A node whose software says too much."""

from flight.core.node import Node
from flight.core.telling.priorities import PRIORITY_VITAL
from flight.icd.messages import EventReport, Severity


def say_too_much(node: Node, characters: int) -> None:
    """Has a node publish one report that nobody needs as what matters most, past its throttling."""
    node._report_number += 1
    report = EventReport(
        node.name,
        "service_report",
        Severity.ACTIVITY_LO,
        node.clock.now_ns(),
        "housekeeping: what nobody needs",
        {"report": "housekeeping", "data": "." * characters},
        node._report_number,
        node.boot_count,
    )
    node.publish(report, PRIORITY_VITAL)

"""Orders to the bench of a run, and who may give which."""

from collections.abc import Collection
from typing import Literal, get_args

from ground.api.commanding import Role

BenchOrder = Literal["arm", "safe", "stop", "release", "inject", "heal", "swap"]
BENCH_ORDERS: tuple[BenchOrder, ...] = get_args(BenchOrder)
CONDUCTOR: Role = "conductor"
LETS_MOVE: tuple[BenchOrder, ...] = ("arm", "release", "inject", "heal", "swap")
"""Orders after which something may move that did not before: not done when nobody waits for it."""
ANYBODYS: tuple[BenchOrder, ...] = ("stop", "safe")
"""Who sees that something goes wrong stops it, whoever that is."""


def why_may_not(user: str, order: str, roles: Collection[str] | None) -> str:
    """Why somebody may not give an order, in words; "" where they may.

    `roles`: of a person, by the edge's word; None: who flies the run, at its terminal.
    """
    if order in ANYBODYS or roles is None or CONDUCTOR in roles:
        return ""
    has = ", ".join(sorted(roles)) or "none"
    return (
        f"to {order} needs the role {CONDUCTOR}; {user} has {has}: ask the test conductor, or have "
        "an admin give the role"
    )

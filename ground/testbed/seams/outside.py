"""A seam that lies in other processes, as the process that composes the run has it."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ground.testbed.seams.injected import Injected
from ground.testbed.seams.orders import ARM, BEGIN, HEAL, for_inside
from sim_hw.faults.kind import Heal


class Orders(Protocol):
    """Gives orders about faults to a participant's process."""

    def order(self, role: str, what: str, value: Any) -> None:
        """Tells a process; one that does not run is told when it starts."""


class OutsideSeam:
    """The processes in which a fault is: it is armed, begun and healed there. `here`: the part of
    the seam that lies in this process, if there is one."""

    def __init__(self, orders: Orders, roles: Iterable[str], here: Any = None) -> None:
        self._orders, self._roles, self._here = orders, tuple(roles), here

    def arm(self, injected: Injected) -> Callable[[], None]:
        """Has it armed; what is returned has it healed."""
        fault = injected.fault
        self._tell(ARM, for_inside(fault))
        leave = None
        if self._here is not None and fault.kind.counted:
            leave = self._here.arm(fault.kind, injected, injected.takes)

        def heal() -> None:
            self._tell(HEAL, fault.id)
            if leave is not None:
                leave()

        return heal

    def begin(self, injected: Injected) -> Heal:
        """Has it begin there."""
        self._tell(BEGIN, injected.fault.id)
        kind = injected.fault.kind
        if self._here is not None and kind.counted:
            return kind.begun(self._here, injected)
        return lambda: None

    def _tell(self, what: str, value: Any) -> None:
        for role in self._roles:
            self._orders.order(role, what, value)

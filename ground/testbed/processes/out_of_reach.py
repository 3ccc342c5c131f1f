"""What a host cannot do whose nodes have processes of their own: each says so by a sentence."""

from collections.abc import Callable

from flight.core.node import Node
from ground.mission_control import MissionControl
from ground.testbed.computers.oscillators import Turn
from ground.testbed.host import HostCannot
from ground.testbed.seams.stores import Stores


class OutOfReach:
    """The part of `Host` that looks into nodes, stores and clocks, of which all is refused."""

    has_sides = False

    @property
    def stores(self) -> Stores:
        """Raises HostCannot: a store is in the process of its computer."""
        raise HostCannot("over processes a store is in the process of its computer")

    def leave_mailbox(self, role: str) -> Callable[[], None]:
        """Raises HostCannot: a node is in a process of its own."""
        raise HostCannot(f"over processes {role} has a process of its own")

    def lay_files(self, role: str) -> tuple[Callable[[], bool], Callable[[], None]]:
        """Raises HostCannot: a store is in the process of its node."""
        raise HostCannot(f"over processes {role} has a process of its own")

    def say_too_much(self, role: str, characters: int) -> bool:
        """Raises HostCannot: a node is in a process of its own."""
        raise HostCannot(f"over processes {role} has a process of its own")

    def turn_clock(self, role: str, turn: Turn) -> Callable[[], None]:
        """Raises HostCannot: a clock is in the process of its node."""
        raise HostCannot(f"over processes {role} has a process of its own")

    def change_side(self, role: str, before: str, after: str) -> None:
        """Raises HostCannot: what went wrong in a process is not told apart by its side."""
        raise HostCannot(f"over processes {role} has one computer")

    def node(self, role: str) -> Node:
        """Raises HostCannot: a node is in a process of its own."""
        raise HostCannot(f"over processes nobody can look into {role}: it has a process of its own")

    def mission_control(self) -> MissionControl:
        """Raises HostCannot: mission control is in a process of its own."""
        raise HostCannot("over processes mission control has a process of its own")

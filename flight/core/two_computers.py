"""A vehicle with two computers, A and B, of which one flies and the other is without power."""

from flight.core.commanding.commands import CommandRejected, command
from flight.core.fault_protection.actions import action
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.icd.messages import Severity


class TwoComputers(Node):
    """Says which side flies, and goes over to the other one when it is told to.

    The watchdog and a row of unplanned boots do that too, from outside the software. What runs is
    taken up by the other side as after any boot: it reads the memory of the one before.
    """

    has_two_computers = True

    computer_side = Channel(str, doc="the computer that flies: A or B")

    @event(Severity.WARNING_HI, "Computer {after} has taken over from {before} ({cause})")
    def computer_swapped(self, *, before: str, after: str, cause: str) -> None: ...

    def put_up_protection(self) -> None:
        super().put_up_protection()
        context = self.context
        self.computer_side = context.side
        if context.side_before:
            self.computer_swapped(
                before=context.side_before, after=context.side, cause=self.boot.cause
            )

    @command(deadline=60.0)
    def swap_computer(self) -> None:
        """Has the other computer take over, with a cold start."""
        if self.context.request_swap is None:
            raise CommandRejected(f"swap_computer: nobody here can start {self.name}'s other one")
        self.context.request_swap()

    @action(name="swap_computer")
    def _do_swap_computer(self) -> None:
        """Has the other computer take over, with a cold start."""
        if self.context.request_swap is not None:
            self.context.request_swap()

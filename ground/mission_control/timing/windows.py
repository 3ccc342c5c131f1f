"""When an answer can be on the ground, from light time and relay passes."""

from dataclasses import dataclass

MARGIN = 900.0
"""Seconds allowed beyond the computed time for the link layer's repeats and queues (assumption)."""


@dataclass(frozen=True)
class Window:
    """The way of a command and of its answer, in seconds.

    `light_time` is one way; `delivery_wait` what a command waits on Earth or at the relay orbiter
    for a pass over the vehicle; `answer_wait` the longest that a report waits for a pass.
    """

    light_time: float
    delivery_wait: float
    answer_wait: float

    @property
    def delivery(self) -> float:
        """From the signal's leaving Earth until the command is at the vehicle."""
        return self.light_time + self.delivery_wait

    @property
    def answer(self) -> float:
        """From a report's making on board until it is on the ground, at most."""
        return self.answer_wait + self.light_time

    @property
    def first_report(self) -> float:
        """From the signal's leaving Earth until the first report is on the ground, at most."""
        return self.delivery + self.answer

    def end_after(self, deadline: float) -> float:
        """From a command's start on board until its last report is here, at most."""
        return deadline + self.answer

"""What an invariant is: it looks at a run from outside, and says what is wrong."""

from flight.icd.messages import Message
from ground.testbed.run import Run


class Invariant:
    """One of them, on one run; what it says first is what counts. It changes nothing."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def hear(self, message: Message) -> str:
        """A message was published; says what is wrong, "" when nothing is."""
        return ""

    def look(self) -> str:
        """Time has passed; says what is wrong, "" when nothing is."""
        return ""

    def end(self, broke: BaseException | None) -> str:
        """The run is over (it `broke`, or None); says what is wrong, "" when nothing is."""
        return self.look()

"""The trail of a run: hashes of its messages so far, now and then, to find where two runs part."""

from collections.abc import Sequence

from ground.testbed.hosts.virtual import VirtualHost
from ground.testbed.run import Run

MOST = 160
FIRST = 50  # messages between two steps, at first
DIGITS = 12

Step = tuple[float, int, str]
"""Mission time in s, messages so far, the beginning of the SHA-256 over them."""


class Trail:
    """The steps of one run."""

    def __init__(self, run: Run) -> None:
        self.steps: list[Step] = []
        self._log = run.host.rig.log if isinstance(run.host, VirtualHost) else None
        self._every = FIRST
        self._next = 0 if self._log is None else self._log.count

    def look(self, now: float) -> None:
        """Adds a step when there are enough messages more."""
        if self._log is None or self._log.count < self._next:
            return
        self.steps.append((now, self._log.count, self._log.sha256()[:DIGITS]))
        if len(self.steps) >= MOST:
            del self.steps[1::2]
            self._every *= 2
        self._next = self._log.count + self._every


def first_difference(one: Sequence[Step], other: Sequence[Step]) -> tuple[Step | None, Step | None]:
    """The last step that two trails have in common, and the first at which they differ.

    (None, None) when they are alike as far as both go.
    """
    by_count = {count: (time, count, sha) for time, count, sha in other}
    last: Step | None = None
    for step in one:
        same = by_count.get(step[1])
        if same is not None and same[2] == step[2]:
            last = step
        elif same is not None or any(time >= step[0] for time, _, _ in other):
            return last, step
    return None, None

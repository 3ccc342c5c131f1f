"""How tubes got into the container, step by step, from the states of the arm and the manifest."""

from dataclasses import dataclass
from itertools import pairwise

from ground.pictures.run_data import RunData, Span
from ground.pictures.style import PLACES
from ground.pictures.vehicle_lanes import RESTING, STANDING_BY

STEPS = {
    "approaching": ("approach", "#f2cf7e"),
    "extracting": ("extract", "#e69f00"),
    "verifying": ("verify", "#56b4e9"),
    "inserting": ("insert", "#0072b2"),
    "checking_seat": ("check seat", "#009e73"),
    "rover_gripper": PLACES["rover_gripper"],
}
"""Title and colour of each step, in their order; the last: the rover's arm did it."""

_LOADING = "ready.loading."


@dataclass(frozen=True)
class Loading:
    """The turn of one tube: its name and its steps."""

    name: str
    steps: tuple[Span, ...]

    @property
    def start(self) -> float:
        """Begin of the first step, s."""
        return self.steps[0].start

    @property
    def end(self) -> float:
        """End of the last step, s."""
        return self.steps[-1].end


def loadings(run: RunData) -> list[Loading]:
    """Every turn of every tube in the order of time; a turn that loaded nothing is named so."""
    found = [Loading(_tube_of(run, steps), tuple(steps)) for steps in _turns(run)]
    return sorted([*found, *_by_rover(run)], key=lambda each: each.start)


def _turns(run: RunData) -> list[list[Span]]:
    """The arm's steps, cut before each approach and wherever it did something else."""
    turns: list[list[Span]] = []
    last_end = -1.0
    for state in run.states("arm"):
        step = state.name.removeprefix(_LOADING)
        if not state.name.startswith(_LOADING) or step not in STEPS:
            continue
        if step == "approaching" or not turns or state.start > last_end + 1.0:
            turns.append([])
        turns[-1].append(Span(state.start, state.end, step))
        last_end = state.end
    return turns


def _tube_of(run: RunData, steps: list[Span]) -> str:
    """The tube of a turn: the one that was taken or loaded in it."""
    for event in run.events_named("arm", "tube_loaded", "tube_taken"):
        if steps[0].start < event.seconds <= steps[-1].end + 1.0 and "tube" in event.data:
            return run.tube_names.get(event.data["tube"], event.data["tube"])
    return "no tube"


def _by_rover(run: RunData) -> list[Loading]:
    """Tubes that went from the rover's gripper into the container."""
    found = []
    for tube in run.manifest:
        steps = tube["hand_overs"]
        for before, after in pairwise(steps):
            if before["place"] == "rover_gripper" and after["place"] == "container":
                span = Span(before["time"], after["time"], "rover_gripper")
                found.append(Loading(tube["name"], (span,)))
    return found


def seated(run: RunData) -> list[float]:
    """When tubes came into the container, s, in the order of time."""
    return sorted(
        step["time"]
        for tube in run.manifest
        for step in tube["hand_overs"]
        if step["place"] == "container"
    )


def working_time(run: RunData) -> tuple[float, float]:
    """From the first to the last work of an arm with a tenth around it, s; else the whole run."""
    busy = [
        state
        for state in run.states("arm")
        if state.name.rpartition(".")[2] not in (*RESTING, *STANDING_BY, "safe")
    ]
    starts = [*(state.start for state in busy), *(each.start for each in _by_rover(run))]
    ends = [*(state.end for state in busy), *(each.end for each in _by_rover(run))]
    if not starts:
        return 0.0, run.duration
    margin = 0.03 * (max(ends) - min(starts)) + 900.0
    return max(0.0, min(starts) - margin), min(run.duration, max(ends) + margin)

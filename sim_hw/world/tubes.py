"""The sample tubes: what each is, where it truly is, and what may happen to it.

The registry is the world's truth, which no flight code sees: the custody ledgers are judged against
it. A tube is in exactly one place; it changes place only by `move` (or by `carry`, for the
container with all that is in it), which refuses what cannot happen in the real world.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated

import msgspec

from flight.icd.places import (
    ARM_GRIPPER,
    CONTAINER,
    EARTH,
    ENTRY_CAPSULE,
    GROUND,
    MAV,
    ORBIT,
    ORBITER,
    PERSEVERANCE,
    PLACES,
    ROVER_GRIPPER,
    ROVER_RACK,
)

# From where a tube can get where, in one physical step.
_STEPS: dict[str, tuple[str, ...]] = {
    PERSEVERANCE: (GROUND, ARM_GRIPPER),
    GROUND: (ROVER_GRIPPER, ARM_GRIPPER),
    ROVER_GRIPPER: (ROVER_RACK, GROUND, CONTAINER),
    ROVER_RACK: (ROVER_GRIPPER, ARM_GRIPPER),
    ARM_GRIPPER: (CONTAINER, GROUND, ROVER_RACK, PERSEVERANCE),
    CONTAINER: (MAV, ARM_GRIPPER, ROVER_GRIPPER),
    MAV: (ORBIT, CONTAINER),
    ORBIT: (ORBITER,),
    ORBITER: (ENTRY_CAPSULE,),
    ENTRY_CAPSULE: (EARTH,),
    EARTH: (),
}

_SINGLE = (ROVER_GRIPPER, ARM_GRIPPER)
_VESSELS = (CONTAINER, MAV, ORBIT, ORBITER, ENTRY_CAPSULE, EARTH)
"""The container on its way: tubes keep their slots in it, and travel together."""


class ImpossibleMove(ValueError):
    """A move of a tube that cannot happen in the real world."""


class SampleKind(Enum):
    """What a tube holds."""

    IGNEOUS_CORE = "igneous_core"
    SEDIMENTARY_CORE = "sedimentary_core"
    REGOLITH = "regolith"
    ATMOSPHERE = "atmosphere"
    WITNESS = "witness"


class SampleTube(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sealed tube: its name, its id (M2020-<sol cored>-<running number>) and what it holds."""

    name: str
    id: Annotated[str, msgspec.Meta(pattern=r"^M2020-\d{5}-\d{2}$(?!\n)")]
    kind: SampleKind
    content: str

    @property
    def cored_sol(self) -> int:
        """Sol on which the sample was taken, from the id."""
        return int(self.id[6:11])


class Tube(SampleTube, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A tube of the depot as published. Angles in degrees (planetocentric, east), lengths in m."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    dropped_sol: Annotated[int, msgspec.Meta(ge=0)]
    dropped_local_time: Annotated[str, msgspec.Meta(pattern=r"^\d{2}:\d{2}:\d{2}$(?!\n)")]
    latitude_degrees: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    longitude_degrees: Annotated[float, msgspec.Meta(ge=-180.0, le=360.0)]
    east: float
    north: float


@dataclass(frozen=True)
class LyingPose:
    """How a tube lies: centre (m), heading of the long axis (rad clockwise from north), and the
    part of it that dust covers, 0 to 1."""

    east: float
    north: float
    elevation: float
    heading: float
    dust_cover: float


@dataclass(frozen=True)
class TubeState:
    """Where a tube is: its place; its slot in a rack or the container; its pose on the ground."""

    place: str
    slot: int | None = None
    pose: LyingPose | None = None


@dataclass(frozen=True)
class TubeMove:
    """One change of place, told to the observers."""

    tube_id: str
    before: TubeState
    after: TubeState
    unasked: bool = False
    """By a device that has acted though nobody had told it to: nobody knows of it yet."""


_UNASKED: ContextVar[bool] = ContextVar("unasked", default=False)


@contextlib.contextmanager
def acting_unasked() -> Iterator[None]:
    """What moves tubes within, in this task, was told by nobody."""
    token = _UNASKED.set(True)
    try:
        yield
    finally:
        _UNASKED.reset(token)


@dataclass(frozen=True)
class SlotCounts:
    """How many tubes the racks hold. Rover: up to 36 (fetch rover studies); container: 30 (JPL
    Orbiting Sample design, Younse et al. 2020)."""

    rover_rack: int = 36
    container: int = 30


class TubeRegistry:
    """The true place of every tube. Tubes keep the order in which they were given."""

    def __init__(
        self,
        tubes: Sequence[SampleTube],
        initial: Mapping[str, TubeState],
        slot_counts: SlotCounts | None = None,
    ) -> None:
        """tubes: all of the world. initial: where each is, by id, and nothing else."""
        self.tubes = tuple(tubes)
        counts = slot_counts or SlotCounts()
        self._counts = {ROVER_RACK: counts.rover_rack}
        self._counts.update({place: counts.container for place in _VESSELS})
        self._states: dict[str, TubeState] = {}
        self._observers: list[Callable[[TubeMove], None]] = []
        for tube in self.tubes:
            if tube.id not in initial or tube.id in self._states:
                raise ImpossibleMove(f"Tube {tube.id} must begin in one place, and only one.")
            self._check_room(tube.id, initial[tube.id])
            self._states[tube.id] = initial[tube.id]
        for tube_id in initial:
            if tube_id not in self._states:
                raise ImpossibleMove(f"A place was given for {tube_id!r}, but no such tube.")

    @property
    def tube_ids(self) -> tuple[str, ...]:
        """The ids of all tubes."""
        return tuple(self._states)

    def tube(self, tube_id: str) -> SampleTube:
        """The tube of an id. Raises KeyError when there is no such tube."""
        for tube in self.tubes:
            if tube.id == tube_id:
                return tube
        raise KeyError(f"There is no tube {tube_id!r} in this world.")

    def state(self, tube_id: str) -> TubeState:
        """Where a tube is. Raises KeyError when there is no such tube."""
        if tube_id not in self._states:
            raise KeyError(f"There is no tube {tube_id!r} in this world.")
        return self._states[tube_id]

    def at(self, place: str) -> tuple[str, ...]:
        """The tubes in a place. Raises KeyError when there is no such place."""
        _need_place(place)
        return tuple(key for key, state in self._states.items() if state.place == place)

    def occupant(self, place: str, slot: int) -> str | None:
        """The tube in a slot, or None. Raises KeyError when there is no such place."""
        _need_place(place)
        for tube_id, state in self._states.items():
            if state.place == place and state.slot == slot:
                return tube_id
        return None

    def slots_taken(self, *places: str) -> frozenset[int | None]:
        """The slots in which tubes are, of some places together."""
        return frozenset(each.slot for each in self._states.values() if each.place in places)

    def observe(self, observer: Callable[[TubeMove], None]) -> None:
        """Have a function called after each change, in the order of registration."""
        self._observers.append(observer)

    def move(
        self,
        tube_id: str,
        destination: str,
        *,
        slot: int | None = None,
        pose: LyingPose | None = None,
    ) -> TubeMove:
        """Move one tube by one physical step.

        slot: needed for the rover's rack and the container. pose: needed for the ground. Raises
        ImpossibleMove, and changes nothing, when it cannot be: no such step, slot taken, gripper
        full, or a tube taken out of the sealed container by itself.
        """
        before = self.state(tube_id)
        if destination not in _STEPS[before.place]:
            allowed = ", ".join(_STEPS[before.place]) or "nowhere"
            raise ImpossibleMove(
                f"Tube {tube_id} cannot get from {before.place!r} to {destination!r}; "
                f"from there it can go to {allowed}."
            )
        if before.place in _VESSELS and destination in _VESSELS:
            raise ImpossibleMove(
                f"Tube {tube_id} goes from {before.place!r} to {destination!r} only with the "
                "whole container: use carry."
            )
        if destination == CONTAINER:
            self._check_container_open()
        after = TubeState(destination, slot, pose)
        self._check_room(tube_id, after)
        return self._change(tube_id, before, after)

    def carry(self, source: str, destination: str) -> tuple[TubeMove, ...]:
        """Move the container with all its tubes one step; slots are kept.

        From "container" to "mav" the lid closes, from "mav" to "container" it opens again.
        """
        if source not in _VESSELS or destination not in _STEPS[source]:
            raise ImpossibleMove(f"The container cannot get from {source!r} to {destination!r}.")
        if destination not in _VESSELS:
            raise ImpossibleMove(f"The container as a whole cannot be put into {destination!r}.")
        if self.at(destination):
            raise ImpossibleMove(f"There is one container only, and it is at {destination!r}.")
        moves = []
        for tube_id in self.at(source):
            before = self._states[tube_id]
            moves.append(self._change(tube_id, before, replace(before, place=destination)))
        return tuple(moves)

    def set_dust_cover(self, tube_id: str, dust_cover: float) -> None:
        """Change the part of a lying tube that dust covers, 0 to 1."""
        state = self.state(tube_id)
        if state.pose is None:
            raise ImpossibleMove(f"Tube {tube_id} is at {state.place!r}: no dust lies on it.")
        if not 0.0 <= dust_cover <= 1.0:
            raise ValueError(f"Dust cover lies in 0..1, not at {dust_cover!r}.")
        pose = replace(state.pose, dust_cover=dust_cover)
        self._change(tube_id, state, replace(state, pose=pose))

    def _change(self, tube_id: str, before: TubeState, after: TubeState) -> TubeMove:
        self._states[tube_id] = after
        change = TubeMove(tube_id, before, after, _UNASKED.get())
        for observer in self._observers:
            observer(change)
        return change

    def _check_container_open(self) -> None:
        for place in _VESSELS[1:]:
            if self.at(place):
                raise ImpossibleMove(f"The container is closed: it is at {place!r}.")

    def _check_room(self, tube_id: str, state: TubeState) -> None:
        place, slot = state.place, state.slot
        if place not in _STEPS:
            raise ImpossibleMove(f"There is no place {place!r}; places are {', '.join(PLACES)}.")
        if (place == GROUND) != (state.pose is not None):
            raise ImpossibleMove(
                f"Tube {tube_id} at {place!r}: a pose belongs to a tube on the ground, "
                "and to no other."
            )
        if place in _SINGLE and self.at(place):
            raise ImpossibleMove(f"{place!r} already holds {self.at(place)[0]}.")
        count = self._counts.get(place)
        if count is None:
            if slot is not None:
                raise ImpossibleMove(f"{place!r} has no slots, but slot {slot} was given.")
            return
        if slot is None or not 0 <= slot < count:
            raise ImpossibleMove(f"{place!r} has slots 0 to {count - 1}, not {slot!r}.")
        occupant = self.occupant(place, slot)
        if occupant is not None:
            raise ImpossibleMove(f"Slot {slot} of {place!r} already holds {occupant}.")


def _need_place(place: str) -> None:
    if place not in _STEPS:
        raise KeyError(f"There is no place {place!r}; places are {', '.join(PLACES)}.")

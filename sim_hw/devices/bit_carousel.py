"""The simulated tube store and bit carousel of Perseverance."""

from math import cos, pi, sin
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.bit_carousel import (
    STORE_SLOTS,
    BitCarousel,
    BitCarouselState,
    TubeEngraving,
)
from flight.icd.devices.transfer_arm_geometry import tube_port_place
from flight.icd.places import GROUND, PERSEVERANCE
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, Tries, failure, put
from sim_hw.world.tubes import LyingPose, TubeMove
from sim_hw.world.world import Body


class BitCarouselParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times, power and errors of the sample handling. `drop_scatter`: 1 sigma of the fall."""

    motion_seconds: Annotated[float, Quantity("s", gt=0, le=800)]
    release_seconds: Annotated[float, Quantity("s", gt=0, le=250)]
    reading_seconds: Annotated[float, Quantity("s", gt=0, le=250)]
    power: Annotated[float, Quantity("W", ge=0, le=500)]
    legible: Annotated[float, Quantity("1", ge=0, le=1)]
    false_reading: Annotated[float, Quantity("1", ge=0, le=0.1)]
    drop_scatter: Annotated[float, Quantity("m", ge=0, le=1)]


class SimBitCarousel(PoweredDevice, BitCarousel):
    """Where in the vehicle the tubes truly are: in slots, in the order of the load, or at the port.

    `held_out` is the tube at the port, the only one that an arm can get hold of.
    """

    def __init__(
        self, context: PoweredContext, body: Body, parameters: BitCarouselParameters
    ) -> None:
        super().__init__(context)
        self.body = body
        self.parameters = parameters
        self.held_out: str | None = None
        self.jams = 0
        self.stuck_sensors: dict[int, bool] = {}
        self._slots: dict[int, str] = dict(enumerate(context.truth.tubes.at(PERSEVERANCE)))
        self._presented: int | None = None
        self._moving = False
        context.truth.tubes.observe(self._tube_moved)

    @failure
    def fail_jam(self, count: Tries = 1) -> Failing:
        """The next `count` motions come to nothing."""
        self.jams = count
        yield
        self.jams = 0

    @failure
    def fail_stuck_sensor(
        self, slot: Annotated[int, msgspec.Meta(ge=0, lt=43)] = 0, value: bool = False
    ) -> Failing:
        """The sensor of `slot` says `value` for ever."""
        yield from put(self.stuck_sensors, slot, value)

    # ---------------------------------------------------------- the interface

    async def state(self) -> BitCarouselState:
        self.need_power()
        return self._state()

    async def present(self, slot: int) -> BitCarouselState:
        if self.held_out is not None:
            raise DeviceRejected(f"{self.service}: there is a tube at the port already")
        await self._move()
        # An empty slot is no fault: the handling arm closes on nothing just as well.
        self.held_out = self._slots.pop(slot, None)
        self._presented = slot
        return self._state()

    async def store(self, slot: int) -> BitCarouselState:
        if slot in self._slots:
            raise DeviceRejected(f"{self.service}: slot {slot} is taken")
        await self._move()
        if self.held_out is not None:
            self._slots[slot] = self.held_out
        self.held_out = self._presented = None
        return self._state()

    async def release(self) -> BitCarouselState:
        await self.work(self.parameters.release_seconds, self.parameters.power)
        tube = self.held_out
        if tube is not None:
            self.world.tubes.move(tube, GROUND, pose=self._fallen())
        return self._state()

    async def read_engraving(self) -> TubeEngraving:
        await self.work(self.parameters.reading_seconds, self.parameters.power)
        legible = self.random.random() < self.parameters.legible
        tube = self.held_out
        return TubeEngraving(
            valid=tube is not None,
            time_ns=self.time_ns(),
            serial=tube if tube is not None and legible else "",
        )

    # --------------------------------------------------------------- the truth

    async def _move(self) -> None:
        if self._moving:
            raise DeviceRejected(f"{self.service} moves already")
        self._moving = True
        try:
            await self.work(self.parameters.motion_seconds, self.parameters.power)
        finally:
            self._moving = False
        if self.jams > 0:
            self.jams -= 1
            raise DeviceFault("jam", "the carousel did not get through")

    def _state(self) -> BitCarouselState:
        truth = [slot in self._slots for slot in range(STORE_SLOTS)]
        seated = [value != self._misread() for value in truth]
        for slot, value in self.stuck_sensors.items():
            seated[slot] = value
        return BitCarouselState(
            time_ns=self.time_ns(),
            seated=seated,
            port=(self.held_out is not None) != self._misread(),
            presented=self._presented,
        )

    def _misread(self) -> bool:
        return self.random.random() < self.parameters.false_reading

    def _tube_moved(self, move: TubeMove) -> None:
        """An arm has taken a tube, or put one into the port."""
        if move.before.place == PERSEVERANCE:
            if self.held_out == move.tube_id:
                self.held_out = self._presented = None
            for slot, tube in list(self._slots.items()):
                if tube == move.tube_id:
                    del self._slots[slot]
        elif move.after.place == PERSEVERANCE:
            self.held_out, self._presented = move.tube_id, None

    def _fallen(self) -> LyingPose:
        ahead, right, _ = tube_port_place()
        ahead += self.parameters.drop_scatter * self.random.gauss(0.0, 1.0)
        right += self.parameters.drop_scatter * self.random.gauss(0.0, 1.0)
        sine, cosine = sin(self.body.heading), cos(self.body.heading)
        east = self.body.east + ahead * sine + right * cosine
        north = self.body.north + ahead * cosine - right * sine
        heading = pi * self.random.random()
        return LyingPose(east, north, self.world.terrain.elevation(east, north), heading, 0.0)

"""The simulated container in the MAV's nose; also the truth about its lid and its sockets."""

from typing import Annotated

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.container import Container, ContainerState
from flight.icd.places import CONTAINER, MAV
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure, failure_at_once, put

ON_STAND, IN_GRIPPER, ON_SEAT, DROPPED = "stand", "gripper", "seat", "dropped"
IN_ROVER_GRIPPER = "rover_gripper"
LID_CLEARANCE = 0.004  # m that the lid may be off its seat to the side; assumption
LID_PLAY = 0.006  # m over its seat from which the lid falls into place; assumption

Socket = Annotated[int, msgspec.Meta(ge=0, lt=43)]


class ContainerParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sockets, sensors and latch. `lid_at_start`: seat (latched) or stand."""

    sockets: Annotated[int, msgspec.Meta(ge=1, le=40)]
    false_reading: Annotated[float, Quantity("1", ge=0, le=0.1)]
    debris_probability: Annotated[float, Quantity("1", ge=0, le=1)]
    debris_height: Annotated[float, Quantity("m", ge=0, le=0.05)]
    latch_seconds: Annotated[float, Quantity("s", gt=0, le=300)]
    latch_power: Annotated[float, Quantity("W", gt=0, le=100)]
    lid_at_start: str = "seat"


class SimContainer(PoweredDevice, Container):
    """Sockets with seat sensors, a lid and a latch.

    For faults: `stuck_sensors` maps sockets to what their sensor always says, `debris` maps sockets
    to the height of what lies in them (m), `latch_stuck` lets the latch fail. `lid` is where the
    lid is (`gripper`: of the transfer arm); `raised` maps sockets to how far their tube stands out
    (m).
    """

    def __init__(self, context: PoweredContext, parameters: ContainerParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.stuck_sensors: dict[int, bool] = {}
        self.latch_stuck = False
        self.lid = parameters.lid_at_start
        self.latched = self.lid == ON_SEAT
        self.raised: dict[int, float] = {}
        self.debris: dict[int, float] = {
            socket: parameters.debris_height * (0.5 + self.random.random())
            for socket in range(parameters.sockets)
            if self.random.random() < parameters.debris_probability
        }

    @failure
    def fail_stuck_sensor(self, socket: Socket = 0, value: bool = False) -> Failing:
        """The sensor of `socket` says `value` for ever."""
        self._check(socket)
        yield from put(self.stuck_sensors, socket, value)

    @failure_at_once
    def fail_debris(
        self,
        socket: Socket = 0,
        height: Annotated[float, msgspec.Meta(ge=0.0, le=0.2)] = 0.01,
    ) -> Failing:
        """There are `height` m of debris in `socket`."""
        self._check(socket)
        yield from put(self.debris, socket, height)

    def _check(self, socket: int) -> None:
        if socket >= self.parameters.sockets:
            raise NotAllowed("socket", f"an integer from 0 to {self.parameters.sockets - 1}")

    @failure
    def fail_latch(self) -> Failing:
        """The latch does not move."""
        self.latch_stuck = True
        yield
        self.latch_stuck = False

    async def state(self) -> ContainerState:
        self.need_power()
        taken = self.world.tubes.slots_taken(CONTAINER, MAV)
        seated = [self._senses(each, each in taken) for each in range(self.parameters.sockets)]
        return ContainerState(
            time_ns=self.time_ns(),
            seated=seated,
            lid_closed=self.lid == ON_SEAT,
            latched=self.latched,
            temperature=self.world.air_temperature() + self.random.gauss(0.0, 0.5),
        )

    async def latch(self) -> ContainerState:
        await self._drive()
        if self.lid == ON_SEAT and not self.latched:
            self.latched = True
            self.world.tubes.carry(CONTAINER, MAV)
        return await self.state()

    async def unlatch(self) -> ContainerState:
        await self._drive()
        if self.latched:
            self.latched = False
            self.world.tubes.carry(MAV, CONTAINER)
        return await self.state()

    def occupied(self, socket: int) -> bool:
        """Whether a tube truly stands in a socket."""
        return socket in self.world.tubes.slots_taken(CONTAINER, MAV)

    def lid_fits(self, across: float, along: float) -> bool:
        """Whether a lid that is let go comes to lie on its seat: how far it is off to the side and
        over it (m). A tube that stands out keeps it off."""
        return across < LID_CLEARANCE and abs(along) < LID_PLAY and not self.raised

    def _senses(self, socket: int, taken: bool) -> bool:
        if socket in self.stuck_sensors:
            return self.stuck_sensors[socket]
        seated = taken and self.raised.get(socket, 0.0) < 0.003
        if self.random.random() < self.parameters.false_reading:
            return not seated
        return seated

    async def _drive(self) -> None:
        await self.work(self.parameters.latch_seconds, self.parameters.latch_power)
        if self.latch_stuck:
            raise DeviceFault("stuck", f"{self.service}: the latch does not move")

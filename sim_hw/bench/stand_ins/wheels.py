"""Real wheels under a vehicle of the simulated world: what they say they turned, it has moved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mobility import Driven, Wheels, WheelsState
from sim_hw.bench.effect_bounds import BoundedMotion, ImpossibleEffect
from sim_hw.bench.port import BenchPort, DeviceLost
from sim_hw.bench.stand_ins.stand_in import StandIn
from sim_hw.devices.wheels import SimWheels
from sim_hw.devices.wheels_plant import Moment, by_seconds, by_wheels

ENDED = ("done", "cancelled", "new boot", "safed", "deadman", "unplugged")


@dataclass
class Course:
    """One motion in the world: where it leads, and how far the device may say that it is."""

    path: list[Moment]
    bounds: BoundedMotion
    fault: DeviceFault | None
    field: str
    measure: Callable[[Moment], float]
    scale: float
    """What the measure is for one unit of what the device tells."""


class RealWheels(StandIn, Wheels):
    """The interface Wheels, answered by a device on a wire.

    `drive_rate` (m/s), `turn_rate` (rad/s): faster than that nothing is believed.
    """

    def __init__(
        self, sim: SimWheels, port: BenchPort, on_loss: str, drive_rate: float, turn_rate: float
    ) -> None:
        super().__init__(sim, port, on_loss)
        self.plant = sim.plant
        self._rates = {"distance": drive_rate, "turned": turn_rate}
        self._courses: dict[int, Course] = {}
        self.line.on_effect = self._effect

    async def state(self) -> WheelsState:
        self.sim.need_power()
        return await self.read("state", WheelsState, self.methods["state"].limit)

    async def drive(self, distance: float) -> Driven:
        self.sim.need_power()
        path, fault = self.plant.plan_drive(distance)
        if len(path) < 2 and fault is not None:
            raise fault
        course = self._course(path, distance, fault, "distance", by_wheels, 1.0)
        return await self._move("drive", {"distance": distance}, course)

    async def turn(self, angle: float) -> Driven:
        self.sim.need_power()
        path = self.plant.plan_turn(angle)
        scale = path[-1].seconds / abs(angle) if angle else 0.0
        course = self._course(path, angle, None, "turned", by_seconds, scale)
        return await self._move("turn", {"angle": angle}, course)

    def _course(
        self, path: list[Moment], asked: float, fault: DeviceFault | None, field: str,
        measure: Callable[[Moment], float], scale: float,
    ) -> Course:  # fmt: skip
        unit = "m" if field == "distance" else "rad"
        bounds = BoundedMotion(0, asked, self._rates[field], unit, self.sim.world.now())
        return Course(path, bounds, fault, field, measure, scale)

    async def _move(self, method: str, arguments: dict[str, Any], course: Course) -> Driven:
        with self.sim.drawing(self.plant.consumption()):
            try:
                limit = self.methods[method].limit
                number, future = self.port.begin(self.service, method, arguments, limit)
                course.bounds.number = number
                self._courses[number] = course
                answer = await self.port.finish(self.service, number, future)
            except DeviceLost as error:
                raise self.lost(error) from error
        self.sim.need_power()
        told = self.reading(Driven, answer.result, self.sim.time_ns())
        try:
            done, now = getattr(told, course.field), self.sim.world.now()
            course.bounds.take(number, done, now, answer.round_trip)
        except ImpossibleEffect as error:
            self._condemn(f"{method} answered {error}")
            raise DeviceFault(self.on_loss, f"{self.service}: {error}") from error
        self._apply(course)
        self._courses.pop(number, None)
        return told

    def _effect(self, number: int, data: dict[str, Any], way: float) -> None:
        """What the device says that it has done has happened; what cannot be, has not."""
        course = self._courses.get(number)
        if course is None:
            return  # a motion that was over: it has been answered
        try:
            done = data.get(course.field)
            if type(done) not in (int, float):
                raise ImpossibleEffect(f"effect.{course.field} = {done!r}")
            now = self.sim.world.now()
            course.bounds.take(number, float(done), now, way)  # type: ignore[arg-type]
        except ImpossibleEffect as error:
            self._condemn(str(error))
            return
        self._apply(course)
        if course.fault is not None and abs(course.bounds.done) >= course.path[-1].turned:
            self.port.fail(self.service, number, course.fault)
            self._courses.pop(number, None)
        elif data.get("state") in ENDED:
            self._courses.pop(number, None)

    def _apply(self, course: Course) -> None:
        at = abs(course.bounds.done) * course.scale
        self.plant.stand(course.path, at, course.measure)

    def _condemn(self, why: str) -> None:
        self._courses.clear()
        self.port.condemn(self.service, f"it says what cannot be: {why}")

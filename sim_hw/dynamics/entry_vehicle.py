"""The truth about a vehicle from its cruise stage to the ground: what it still carries, how it
moves, and what came of it. Devices ask it and act on it; nobody else does."""

import math
import random
from collections.abc import Callable, Sequence

from flight.astrodynamics.integrators import State
from flight.astrodynamics.quaternions import (
    Quaternion,
    normalised,
    quaternion_of_axes,
    rotate,
    rotate_back,
)
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from sim_hw.dynamics.engine_ring import EngineRing, Wrench
from sim_hw.dynamics.entry_aerodynamics import canopy_drag_coefficient, cone_coefficients
from sim_hw.dynamics.entry_motion import (
    AeroshellMotion,
    AirFlow,
    RigidMotion,
    air_flow,
    swing_moment,
    tilt_of,
    trimmed_axes,
)
from sim_hw.dynamics.entry_parameters import EntryVehicleParameters
from sim_hw.dynamics.landing_legs import GroundAt, Legs, Plane, Touchdown
from sim_hw.dynamics.leaking_body import LeakingBody
from sim_hw.dynamics.planet import Planet
from sim_hw.world.atmosphere import Atmosphere

COAST_STEP, ENTRY_STEP, DESCENT_STEP, CONTACT_STEP = 5.0, 0.2, 0.05, 0.004  # s
AIR_BEGINS = 150_000.0  # m: above it the coasting step is fine enough
TEARING_PRESSURE = 1_000.0  # Pa at which the canopy tears; a third above its limit of use
TUMBLED = math.radians(60.0)
BELLY_SPEED = 3.0  # m/s that the body survives without legs: assumption
SURVIVABLE_SPEED = 6.0  # m/s: beyond it no leg helps
STILL_SPEED, STILL_RATE, STILL_TIME = 0.05, 0.03, 1.0
RESTLESS = 120.0  # s after the first contact: engines that push on do not carry it anywhere
LOOKED_FOR = 150.0  # m over the ground below which it is looked for at each step
FALLING = 4.0  # m/s^2, a little more than the gravity of Mars
NEAR_GROUND = 6.0  # m of the centre over the ground: from there on steps are short


def _soonest(way: float, speed: float) -> float:
    """s in which nothing that moves so fast (m/s) makes a way (m), also if it begins to fall."""
    longest = way / max(speed, 1.0)
    if longest * FALLING < speed:
        return longest
    return min(longest, (math.sqrt(speed * speed + 2.0 * FALLING * way) - speed) / FALLING)


class EntryBody(LeakingBody):
    """The flying body of an entry vehicle, which knows its vehicle."""

    vehicle: "EntryVehicle"

    def _fall_silent(self) -> None:
        super()._fall_silent()
        self.maximum_step = min(self.maximum_step, ENTRY_STEP)  # it may be in the air by now


class EntryVehicle:
    """One vehicle on its way down.

    `ground` gives the ground around a place; `obstacle` the height of the highest rock under the
    belly there. `on_rest` is told how it ended.
    """

    def __init__(
        self,
        name: str,
        parameters: EntryVehicleParameters,
        planet: Planet,
        frame: SiteFrame,
        atmosphere: Atmosphere,
        ground: GroundAt,
        clock: Callable[[], float],
        position: Vector,
        velocity: Vector,
        stream: random.Random,
        obstacle: Callable[[float, float], float] = lambda east, north: 0.0,
    ) -> None:
        self.parameters = parameters
        self.planet, self.frame, self.atmosphere = planet, frame, atmosphere
        self.ground, self.obstacle, self.random = ground, obstacle, stream
        self.ring = EngineRing(parameters.engines)
        self.legs = Legs(parameters.legs, frame)
        self.on_rest: list[Callable[[Touchdown], None]] = []
        self.outcome: Touchdown | None = None
        self.attached = ["cruise_stage", "cruise_balance", "entry_balance", "heat_shield"]
        self.attached.append("backshell")
        self.legs_out = self.torn = False
        self.mortar_time: float | None = None
        self.heat_shield_time: float | None = None
        self.tears: list[float] = []  # share of the canopy that each tear leaves
        self.peak_rate = [0.0, 0.0, 0.0]
        self._snatched = False
        self._contact: tuple[float, float, float, float] | None = None
        self._still_since: float | None = None
        self._rest_time = 0.0
        self._next_look = -math.inf
        self._plane: Plane | None = None
        self._wrench = self._wrench_target = Wrench()
        self._wrench_time = 0.0
        shell = parameters.aeroshell
        self._shell: AeroshellMotion | None = AeroshellMotion(
            planet,
            atmosphere,
            self._cone,
            0.25 * math.pi * shell.diameter**2,
            self.dry_mass,
            bank_target=0.0,
            bank_rate=math.radians(shell.bank_rate),
            bank_acceleration=math.radians(shell.bank_acceleration),
            attack_target=0.0,
            trim_time=shell.trim_time,
        )
        self._rigid: RigidMotion | None = None
        state = (*position, *velocity, parameters.engines.propellant, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        self.body = EntryBody(name, clock, self._shell.derivative, state, COAST_STEP)
        self.body.vehicle = self
        self.body.observers.append(self._observe)

    # -------------------------------------------------------------- what is

    @property
    def dry_mass(self) -> float:
        """Mass without propellant, kg."""
        shell = self.parameters.aeroshell
        return self.parameters.dry_mass + math.fsum(getattr(shell, part) for part in self.attached)

    @property
    def mass(self) -> float:
        """Mass now, kg."""
        return self.dry_mass + self.body.advance()[6]

    @property
    def under_aeroshell(self) -> bool:
        """Whether the parachute has not been fired yet."""
        return self._shell is not None

    def position_velocity(self) -> tuple[Vector, Vector]:
        """Inertial position (m) and velocity (m/s) now."""
        y = self.body.advance()
        return (y[0], y[1], y[2]), (y[3], y[4], y[5])

    def attitude(self) -> Quaternion:
        """From body axes to inertial axes, now."""
        return self._attitude_of(self.body.advance())

    def felt_velocity(self) -> Vector:
        """Integral of what accelerometers feel since the start, inertial axes, m/s."""
        y = self.body.advance()
        felt = (y[7], y[8], y[9])
        if self.outcome is None:
            return felt
        # At rest the ground bears the weight.
        resting = self.body.time - self._rest_time
        return subtract(felt, scale(resting, self.planet.gravity((y[0], y[1], y[2]))))

    def rates(self) -> Vector:
        """Body rates, rad/s; under the aeroshell those of the bank manoeuvre alone."""
        y = self.body.advance()
        if self._shell is None:
            return (y[14], y[15], y[16])
        # Turning about the velocity, of which the body's axis is nearly the opposite.
        return (math.sin(y[12]) * y[11], 0.0, -math.cos(y[12]) * y[11])

    def flow(self) -> AirFlow:
        """How the air meets the vehicle now."""
        return air_flow(self.planet, self.atmosphere, *self.position_velocity())

    def local(self) -> Vector:
        """East, north and height over the areoid, m."""
        y = self.body.advance()
        return self.frame.local(self.body.time, (y[0], y[1], y[2]))

    def height_over_ground(self) -> float:
        """Height of the centre of mass over the ground, m."""
        east, north, height = self.local()
        return height - self.ground(east, north).height

    def bank(self) -> float:
        """Bank angle, rad; 0 when there is no aeroshell any more."""
        y = self.body.advance()
        return y[10] if self._shell is not None else 0.0

    def tilt(self) -> float:
        """Angle of the body's axis to the vertical, rad."""
        y = self.body.advance()
        return tilt_of(rotate(self._attitude_of(y), (0.0, 0.0, 1.0)), (y[0], y[1], y[2]))

    # -------------------------------------------------------- what devices do

    def turn_bank(self, change: float) -> None:
        """Turns the aeroshell about the velocity by so much from where it is now, rad."""
        y = self.body.advance()
        if self._shell is not None:
            self._shell.bank_target = y[10] + change

    def jettison(self, part: str) -> bool:
        """Lets go of a part; False when it is gone already or still held by another."""
        if part not in self.attached:
            return False
        y = self.body.advance()
        if part == "backshell" and self._shell is not None:
            self._leave_aeroshell(y)
        self.attached.remove(part)
        if part == "heat_shield":
            self.heat_shield_time = self.body.time
        elif part == "cruise_balance" and self._shell is not None:
            self._shell.attack_target = math.radians(self.parameters.aeroshell.trim_angle)
        elif part == "entry_balance" and self._shell is not None:
            self._shell.attack_target = 0.0
        for motion in (self._shell, self._rigid):
            if motion is not None:
                motion.dry_mass = self.dry_mass
        if self._rigid is not None:
            self._set_inertia(self._rigid)
        return True

    def fire_mortar(self) -> bool:
        """Throws out the parachute; False when it is out already or the backshell is gone."""
        if self.mortar_time is not None or "backshell" not in self.attached:
            return False
        y = self.body.advance()
        self.mortar_time = self.body.time
        if self._shell is not None:
            self._leave_aeroshell(y)
        return True

    def set_thrusts(self, thrusts: Sequence[float]) -> None:
        """Commands the thrust (N) of each engine; it is reached with the engines' lag."""
        self.body.advance()
        self._wrench, self._wrench_time = self._wrench_now(self.body.time), self.body.time
        self._wrench_target = self.ring.wrench(thrusts)

    # ------------------------------------------------------------------ inside

    def _cone(self, mach: float, attack: float) -> tuple[float, float]:
        half_angle = math.radians(self.parameters.aeroshell.half_angle)
        return cone_coefficients(mach, attack, half_angle)

    def _attitude_of(self, y: State) -> Quaternion:
        if self._shell is None:
            return normalised((y[10], y[11], y[12], y[13]))
        position, velocity = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        flow = air_flow(self.planet, self.atmosphere, position, velocity)
        return quaternion_of_axes(*trimmed_axes(position, flow.velocity, y[10], y[12]))

    def _leave_aeroshell(self, y: State) -> None:
        """From trimmed flight to a rigid body; it takes its attitude and rate with it."""
        attitude, rates = self._attitude_of(y), self.rates()
        self._shell = None
        self._rigid = RigidMotion(
            self.planet, self.atmosphere, self._loads, self.dry_mass, 1.0, 1.0
        )
        self._set_inertia(self._rigid)
        self.body.state = (*y[:10], *attitude, *rates)
        self.body.derivative = self._rigid.derivative
        self.body.maximum_step = DESCENT_STEP

    def _set_inertia(self, motion: RigidMotion) -> None:
        """What is around the lander counts as if it were spread as the lander itself."""
        factor = self.dry_mass / self.parameters.dry_mass
        motion.inertia_across = factor * self.parameters.inertia_across
        motion.inertia_along = factor * self.parameters.inertia_along

    def _loads(self, time: float, y: State, flow: AirFlow) -> tuple[Vector, Vector, float]:
        attitude = (y[10], y[11], y[12], y[13])
        force = scale(-flow.pressure * self._body_drag(flow) / max(flow.speed, 1e-9), flow.velocity)
        moment: Vector = (0.0, 0.0, 0.0)
        used = 0.0
        if "backshell" in self.attached:
            pull = self._canopy_force(time, flow)
            force = add(force, pull)
            moment = self._swing(attitude, pull, (y[14], y[15], y[16]))
        elif y[6] > 0.0:
            wrench = self._wrench_now(time)
            force = add(force, rotate(attitude, wrench.force))
            moment, used = wrench.moment, wrench.flow
        if self._plane is not None:
            contact, turning = self.legs.force_and_moment(time, y, self._plane)
            force, moment = add(force, contact), add(moment, turning)
        return force, moment, used

    def _body_drag(self, flow: AirFlow) -> float:
        """Drag coefficient times area of all but the parachute, m^2."""
        if "backshell" not in self.attached:
            return self.parameters.drag_area
        # Open below, the shell stops the air about as well as with its heat shield.
        area = 0.25 * math.pi * self.parameters.aeroshell.diameter**2
        return self._cone(flow.mach, 0.0)[0] * area

    def _canopy_force(self, time: float, flow: AirFlow) -> Vector:
        p = self.parameters.parachute
        if self.mortar_time is None or self.torn:
            return (0.0, 0.0, 0.0)
        filled = (time - self.mortar_time - p.line_stretch) / p.inflation
        if filled <= 0.0:
            return (0.0, 0.0, 0.0)
        area = 0.25 * math.pi * p.diameter**2 * min(filled, 1.0) ** 2 * math.prod(self.tears)
        push = flow.pressure * area * canopy_drag_coefficient(flow.mach)
        return scale(-push / max(flow.speed, 1e-9), flow.velocity)

    def _swing(self, attitude: Quaternion, pull: Vector, rates: Vector) -> Vector:
        p = self.parameters.parachute
        assert self._rigid is not None
        axis = rotate(attitude, (0.0, 0.0, 1.0))
        moment = rotate_back(attitude, swing_moment(pull, axis, p.riser))
        stiffness = p.riser * norm(pull)
        damping = 2.0 * p.swing_damping * math.sqrt(stiffness * self._rigid.inertia_across)
        return (
            moment[0] - damping * rates[0],
            moment[1] - damping * rates[1],
            moment[2] - damping * rates[2],
        )

    def _wrench_now(self, time: float) -> Wrench:
        left = math.exp(-(time - self._wrench_time) / self.parameters.engines.lag)
        start, goal = self._wrench, self._wrench_target
        return Wrench(
            add(goal.force, scale(left, subtract(start.force, goal.force))),
            add(goal.moment, scale(left, subtract(start.moment, goal.moment))),
            goal.flow + left * (start.flow - goal.flow),
        )

    # ---------------------------------------------------------------- events

    def _observe(self, time: float, y: State) -> None:
        position = (y[0], y[1], y[2])
        if self._shell is not None:
            self.peak_rate[2] = max(self.peak_rate[2], abs(y[11]))
            high = self.planet.height(position) > AIR_BEGINS
            self.body.maximum_step = COAST_STEP if high else ENTRY_STEP
            if high:
                return
        else:
            for axis in range(3):
                self.peak_rate[axis] = max(self.peak_rate[axis], abs(y[14 + axis]))
            y = self._parachute_events(time, y)
        if time < self._next_look:
            return
        east, north, height = self.frame.local(time, position)
        plane = self.ground(east, north)
        # Far from the ground one need not look for it at each step.
        spare = height - plane.height - LOOKED_FOR
        speed = norm(subtract((y[3], y[4], y[5]), self.frame.ground_velocity(position)))
        self._next_look = time + _soonest(0.5 * max(spare, 0.0), speed)
        if height - plane.height < NEAR_GROUND:
            self._near_ground(time, y, plane, height - plane.height)

    def _parachute_events(self, time: float, y: State) -> State:
        """The jerk when the canopy fills, and its end when the air is too much for it."""
        if self.mortar_time is None or self.torn:
            return y
        p, is_full = self.parameters.parachute, self._snatched
        early = time - self.mortar_time < p.line_stretch + p.inflation
        if early or (is_full and self.planet.height((y[0], y[1], y[2])) < 15e3):
            return y  # from there down the air presses less and less
        flow = air_flow(self.planet, self.atmosphere, (y[0], y[1], y[2]), (y[3], y[4], y[5]))
        self._snatched, self.torn = True, flow.pressure > TEARING_PRESSURE
        if not is_full:
            kick = [self.random.gauss(0.0, math.radians(p.swing_rate)) for _ in range(2)]
            self.body.state = (*y[:14], y[14] + kick[0], y[15] + kick[1], y[16])
        return self.body.state

    def _near_ground(self, time: float, y: State, plane: Plane, height: float) -> None:
        moving = self.frame.local_velocity((y[0], y[1], y[2]), (y[3], y[4], y[5]))
        on_legs = self.legs_out and not {"backshell", "heat_shield"}.intersection(self.attached)
        if self._shell is not None or not on_legs:
            if height <= self.parameters.legs.clearance:
                self._end(time, y, *self._without_legs(norm(moving)))
            return
        self._plane = plane
        self.legs.note(time, y, plane)
        self.body.maximum_step = CONTACT_STEP
        if self._contact is None:
            if self.legs.lowest_clearance(time, y, plane) > 0.0:
                return
            tilt = tilt_of(rotate(self._attitude_of(y), (0.0, 0.0, 1.0)), (y[0], y[1], y[2]))
            self._contact = (time, -moving[2], math.hypot(moving[0], moving[1]), tilt)
            if norm(moving) > SURVIVABLE_SPEED:
                self._end(time, y, "crashed", f"hit the ground at {norm(moving):.1f} m/s")
                return
        self._settle(time, y, moving)

    def _without_legs(self, speed: float) -> tuple[str, str]:
        if "backshell" in self.attached or speed > BELLY_SPEED:
            return "crashed", f"hit the ground at {speed:.0f} m/s"
        if "heat_shield" in self.attached:
            return "damaged", f"came down in its heat shield at {speed:.1f} m/s"
        return "damaged", f"came down on its belly at {speed:.1f} m/s"

    def _settle(self, time: float, y: State, moving: Vector) -> None:
        if tilt_of(rotate(self._attitude_of(y), (0.0, 0.0, 1.0)), (y[0], y[1], y[2])) > TUMBLED:
            self._end(time, y, "crashed", "tipped over")
            return
        assert self._contact is not None
        if time - self._contact[0] > RESTLESS and norm(moving) < SURVIVABLE_SPEED:
            self._end(time, y, "damaged", f"has found no rest for {RESTLESS:g} s")
            return
        spin = norm((y[14], y[15], y[16]))
        still = norm(moving) < STILL_SPEED and spin < STILL_RATE
        still = still and norm(self._wrench_now(time).force) < 100.0
        if not still:
            self._still_since = None
        elif self._still_since is None:
            self._still_since = time
        elif time - self._still_since > STILL_TIME:
            self._end(time, y, *self._damage(time, y))

    def _damage(self, time: float, y: State) -> tuple[str, str]:
        if self.legs.deepest > self.parameters.legs.stroke:
            return "damaged", f"a leg was crushed by {self.legs.deepest:.2f} m"
        east, north, _ = self.frame.local(time, (y[0], y[1], y[2]))
        rock = self.obstacle(east, north)
        if rock > self.parameters.legs.clearance:
            return "damaged", f"stands on a rock {rock:.2f} m high"
        return "landed", ""

    def _end(self, time: float, y: State, verdict: str, reason: str) -> None:
        position = (y[0], y[1], y[2])
        east, north, _ = self.frame.local(time, position)
        moving = self.frame.local_velocity(position, (y[3], y[4], y[5]))
        axes = self._attitude_of(y)
        tilt = tilt_of(rotate(axes, (0.0, 0.0, 1.0)), position)
        along_east, along_north, _ = local_axes(position)
        front = rotate(axes, (1.0, 0.0, 0.0))
        first = self._contact or (time, -moving[2], math.hypot(moving[0], moving[1]), tilt)
        self.body.frozen = True
        self._rest_time = time
        self.outcome = Touchdown(
            first[0],
            east,
            north,
            math.atan2(dot(front, along_east), dot(front, along_north)),
            first[1],
            first[2],
            first[3],
            tilt,
            verdict,
            reason,
        )
        for tell in self.on_rest:
            tell(self.outcome)

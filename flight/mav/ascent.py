"""The phases of the flight: each reads the inertial unit, asks the computer, tells the effectors.

One reading and one actuation a cycle: 50 Hz while a motor burns or the air presses, 5 Hz in the
coast. Between the phases the computer's state is kept in storage; a reboot takes it up again.
"""

import asyncio
from collections.abc import Callable

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.icd.devices.ascent import EffectorState, Igniter, Increments
from flight.icd.devices.base import DeviceError
from flight.mav.abort import Watch, lose, suborbital
from flight.mav.ascent_computer import (
    COAST_CYCLE,
    LONGEST_HOLD,
    THIN_AIR,
    AscentComputer,
)
from flight.mav.ascent_memory import recall, remember
from flight.mav.attitude_control import Order
from flight.mav.felt import Felt
from flight.mav.vehicle import MavVehicle

IGNITION_PATIENCE = 0.3  # s for a motor to be felt, before the second bridge wire is used
EJECTION, LETTING_GO, FIRING = 10.0, 5.0, 0.5
"""s that a device may take for it."""
AIRTIME = 2.2  # s from ejection until the MAV would hit the ground unlit
SECOND_PATIENCE = 5.0  # s over which the second motor is tried
LONGEST_BURN = 1.3  # times the burn time as designed
STAR_PERIOD = 10.0
LAST_REPLAN = 30.0  # s before the second ignition
REMEMBER_COASTING = 5.0  # s
REMEMBER_BURNING = 0.1
TELL = 2.0  # s between telemetry in flight
LONGEST_TRIM = 600.0
QUICK = (0.02, 0.1, 0.5)
"""s between questions of what the flight cannot go on without."""
QUESTIONS = 21.0
"""s that they may take, when nothing answers."""
STILL = (0.0, 0.0, (0.0, 0.0, 0.0), 0.0)

Step = Callable[[Increments], Order | None]


class Loop:
    """The control loop of one phase: cycles, telemetry, record, memory."""

    def __init__(self, node: MavVehicle, phase: str) -> None:
        self.node = node
        self.phase = phase
        self.computer: AscentComputer = node.computer  # type: ignore[assignment]
        self.effectors: EffectorState | None = node.last_effectors
        self._next = asyncio.get_running_loop().time()
        self._told = self._kept = -1e9
        self._felt = Felt(node, self.computer.navigation)
        remember(node, phase)

    async def cycle(self, step: Step, seconds: float) -> bool:
        """One cycle that ends `seconds` after the last; False when the step has nothing to do."""
        clock = asyncio.get_running_loop()
        self._next = max(self._next + seconds, clock.time())
        node = self.node
        node.vigil.alive(self._next - clock.time())
        await asyncio.sleep(self._next - clock.time())
        node.vigil.alive()
        order = step(await self._felt.read(seconds))
        if order is None:
            return False
        try:
            told = await node.effectors.steer(order.pitch, order.yaw, order.pulses, order.forward)
        except DeviceError as error:
            # The next cycle may be luckier; nothing else can fly this vehicle.
            node.device_trouble(reason=str(error))
            return True
        if told.valid:
            self.effectors = node.last_effectors = told
        node.vigil.alive(FIRING)
        await node.ascent_log.note(self.computer, self.phase, self.effectors)
        self._tell(clock.time())
        return True

    def _tell(self, now: float) -> None:
        if now - self._told >= TELL:
            self.node.show_flight()
            self.node.publish_telemetry()
            self._told = now
        period = REMEMBER_COASTING if self.phase == "coasting" else REMEMBER_BURNING
        if now - self._kept >= period:
            remember(self.node, self.phase)
            self._kept = now


async def eject(node: MavVehicle, signal: Signal) -> Signal:
    """VECTOR throws the MAV up; the first motor is lit in mid-air."""
    if await recall(node):
        return await _after_a_reboot_at_ejection(node)
    loop = Loop(node, "ejecting")
    computer = loop.computer
    await node.inertial_unit.increments()  # from here on they count
    node.vigil.alive(EJECTION)
    try:
        await node.ejector.eject()
    except DeviceError as error:
        node.clear_ascent()
        raise ActivityFailed(f"not ejected: {error}") from error
    thrown = monotonic()
    node.ejected()
    cycles = round(node.parameters["ignition_delay"] / node.burn_cycle)
    for _ in range(cycles):
        await loop.cycle(computer.fall, node.burn_cycle)
    while monotonic() - thrown < AIRTIME:
        await _fire(node, node.first_igniter, "first")
        fired = monotonic()
        while monotonic() - fired < IGNITION_PATIENCE:
            await loop.cycle(computer.fall, node.burn_cycle)
            if computer.is_lit:
                return Signal("lit")
    await lose(node, "the first motor did not light in mid-air")


async def _after_a_reboot_at_ejection(node: MavVehicle) -> Signal:
    """What became of it while the computer was down: a boot takes longer than the fall."""
    node.vigil.alive(QUESTIONS)
    state = await sound(node.ejector.state, pauses=QUICK)
    if state.in_tube:
        node.clear_ascent()
        spent = "" if state.charged else "; the ejector is spent"
        raise ActivityFailed(f"not ejected: rebooted at the ejection{spent}")
    await lose(node, "rebooted between ejection and ignition")


async def first_burn(node: MavVehicle, signal: Signal) -> Signal:
    """Steers the first stage until its motor is no longer felt."""
    await recall(node)
    loop = Loop(node, "first_burn")
    computer, watch = loop.computer, Watch(node)
    longest = LONGEST_BURN * node.parameters["first_burn_time"]
    begun = monotonic()
    while monotonic() - begun < longest:
        await loop.cycle(computer.first_burn, node.burn_cycle)
        watch.look()
        if not computer.is_lit:
            break
    node.burnout(stage="first", **node.show_flight())
    if suborbital(computer, height=50e3):
        await lose(node, "the first burn has ended far too early")
    return Signal("burnt")


async def hold_in_air(node: MavVehicle, signal: Signal) -> Signal:
    """Keeps the nose in the wind until the air is thin, then lets stage and fairing go."""
    await recall(node)
    loop = Loop(node, "holding")
    computer, begun = loop.computer, monotonic()
    while monotonic() - begun < LONGEST_HOLD and computer.dynamic_pressure > THIN_AIR:
        await loop.cycle(lambda seen: computer.coast(seen, whole=True), node.burn_cycle)
    if not await _separate(node):
        await lose(node, "the first stage could not be separated: the second cannot be lit")
    computer.start_coast()
    _tell_plan(node)
    return Signal("separated")


async def coast(node: MavVehicle, signal: Signal) -> Signal:
    """Turns to the second burn's direction, corrects the attitude by stars, plans once more."""
    recalled = await recall(node)
    loop = Loop(node, "coasting")
    computer, looked, replanned = loop.computer, monotonic(), False
    if recalled:
        computer.replan()
    while True:
        left = computer.second.ignition - computer.navigation.time
        if left <= node.burn_cycle:
            break
        if not replanned and left <= LAST_REPLAN:
            computer.replan()
            _tell_plan(node)
            replanned = True
            continue
        if monotonic() - looked >= STAR_PERIOD:
            await _look_at_stars(node)
            looked = monotonic()
        await loop.cycle(computer.coast, min(COAST_CYCLE, left))
    begun = monotonic()
    while monotonic() - begun < SECOND_PATIENCE:
        await _fire(node, node.second_igniter, "second")
        fired = monotonic()
        while monotonic() - fired < IGNITION_PATIENCE:
            await loop.cycle(lambda seen: computer.coast(seen, lighting=True), node.burn_cycle)
            if computer.is_lit:
                return Signal("lit")
        await asyncio.sleep(0.0)
    await lose(node, "the second motor did not light")


async def second_burn(node: MavVehicle, signal: Signal) -> Signal:
    """Steers the second stage until its motor is no longer felt."""
    await recall(node)
    loop = Loop(node, "second_burn")
    computer, watch = loop.computer, Watch(node)
    longest = LONGEST_BURN * node.parameters["second_burn_time"]
    begun = monotonic()
    while monotonic() - begun < longest:
        await loop.cycle(computer.second_burn, node.burn_cycle)
        watch.look()
        if not computer.is_lit:
            break
    node.burnout(stage="second", **node.show_flight())
    return Signal("burnt")


async def trim(node: MavVehicle, signal: Signal) -> Signal:
    """Makes the orbit round with cold gas, as far as that goes."""
    await recall(node)
    loop = Loop(node, "trimming")
    computer, begun = loop.computer, monotonic()
    while monotonic() - begun < LONGEST_TRIM:
        gas = loop.effectors.gas if loop.effectors is not None else 0.0
        if loop.effectors is None:
            node.vigil.alive(QUESTIONS)
            loop.effectors = await sound(lambda: node.effectors.steer(*STILL), pauses=QUICK)
            gas = loop.effectors.gas
        if not await loop.cycle(lambda seen, left=gas: computer.trim(seen, left), COAST_CYCLE):  # type: ignore[misc]
            break
    try:
        await node.effectors.steer(*STILL)
    except DeviceError as error:
        node.device_trouble(reason=str(error))
    await node.ascent_log.flush()
    return Signal("trimmed")


async def _fire(node: MavVehicle, igniter: Igniter, name: str) -> None:
    node.vigil.alive(FIRING)
    try:
        await igniter.fire()
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        await asyncio.sleep(node.burn_cycle)
        return
    node.ignition_sent(motor=name)


async def _separate(node: MavVehicle) -> bool:
    """Lets the first stage go, then the fairing; each has two initiators."""
    for call, part in (
        (node.separation.separate_stage, "first_stage"),
        (node.separation.release_fairing, "fairing"),
    ):
        for _ in range(2):
            node.vigil.alive(LETTING_GO)
            try:
                await call()
                break
            except DeviceError as error:
                node.device_trouble(reason=str(error))
        try:
            node.vigil.alive(QUESTIONS)
            state = await sound(node.separation.state, pauses=QUICK)
        except DeviceError as error:
            node.device_trouble(reason=str(error))
            continue
        if state.first_stage:
            return False
        if part == "fairing" and state.fairing:
            node.fairing_held()
    node.separated()
    return True


async def _look_at_stars(node: MavVehicle) -> None:
    node.vigil.alive(FIRING)
    try:
        stars = await node.star_tracker.attitude()
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return
    assert node.computer is not None
    first = node.computer.navigation.corrections == 0
    wrong = node.computer.see_stars(stars)
    if wrong is not None and first:
        node.attitude_corrected(degrees=round(wrong * 57.29578, 4))


def _tell_plan(node: MavVehicle) -> None:
    assert node.computer is not None
    plan = node.computer.second
    seconds = round(plan.ignition - node.computer.navigation.time, 1)
    node.second_burn_planned(seconds=seconds, reduced=plan.is_reduced)

"""The phases of the flight: each reads the inertial unit, asks the computer, tells the effectors.

One reading and one actuation a cycle: 50 Hz while a motor burns or the air presses, 5 Hz in the
coast. Between the phases the computer's state is kept in storage; a reboot takes it up again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain, repeat

from flight.core.chart.statechart import Signal
from flight.core.fault_protection.witnesses import WITNESSES, Confirmation
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.icd.devices.ascent import Igniter, Increments, SeparationState
from flight.icd.devices.base import DeviceError
from flight.mav.abort import Watch, lose, stay, suborbital
from flight.mav.acting import (
    EJECTION_PAUSES,
    SENSED_WITHIN,
    Asked,
    Asking,
    Fall,
    beside_the_loop,
    can_throw,
    in_tube,
    is_from_before,
    is_there,
)
from flight.mav.ascent_computer import (
    COAST_CYCLE,
    LONGEST_HOLD,
    THIN_AIR,
    AscentComputer,
)
from flight.mav.ascent_memory import recall
from flight.mav.attitude_control import Order
from flight.mav.flight_loop import FIRING, Loop, Step, fly_for, until_answered
from flight.mav.safeguards import LAUNCH_CHECKS
from flight.mav.vehicle import MavVehicle
from flight.mav.witnesses import (
    EJECTED,
    FAIRING_GONE,
    FIRST_LIT,
    OUT_OF_TUBE,
    SECOND_LIT,
    STAGE_GONE,
)

IGNITION_PATIENCE = 0.3  # s for a motor to be felt, before the second bridge wire is used
EJECTION = 10.0  # s that the ejector may take
SWITCH = 0.2  # s for which the ejector's switch is waited for in mid-air
PARTING = 0.5  # s for which an answer is waited for at a separation
PARTING_PAUSES = (0.0, 0.5, 3.0, 15.0)
SECOND_PAUSES = (0.0, 0.5, 1.0, 1.5, 3.0, 6.0, 12.0, 24.0)
"""s before each try: what disturbs all that come at once has passed before the last."""
FEELING = 10  # cycles after a reboot in which a fall is felt
AIRTIME = 2.2  # s from ejection until the MAV would hit the ground unlit
SECOND_PATIENCE = 60.0
"""s over which the second motor is tried: behind its apoapsis the MAV sinks by some 2 m/s^2
(gravity at 345 km, 3.07, less what 2 km/s across hold up), which is 4 km and 120 m/s in the end,
and the burn still ends in an orbit."""
EARLIEST_BURNOUT, LONGEST_BURN = 0.8, 1.3
"""Times the burn time as designed, far beyond the few per cent by which motors scatter: before the
first a burnout has to show for longer, after the second nothing is waited for."""
DARK = 0.5
"""s for which no thrust is felt, after which a motor is taken for burnt out that ought to burn."""
STAR_PERIOD = 10.0
LAST_REPLAN = 30.0  # s before the second ignition
LONGEST_TRIM = 600.0
QUICK = (0.02, 0.1, 0.5)
"""s between questions of what the flight cannot go on without."""
QUESTIONS = 21.0
"""s that they may take, when nothing answers."""
STILL = (0.0, 0.0, (0.0, 0.0, 0.0), 0.0)


async def eject(node: MavVehicle, signal: Signal) -> Signal:
    """VECTOR throws the MAV up; the first motor is lit in mid-air, and nowhere else."""
    if await recall(node):
        return await _after_a_reboot_at_ejection(node)
    loop = Loop(node, "ejecting")
    await sound(node.inertial_unit.increments, pauses=QUICK)  # from here on they count
    async with beside_the_loop(node) as asking:
        reason = await _throw(loop, asking)
        if reason:
            stay(node, reason)
        thrown = monotonic()
        node.thrown_at = node.clock.count()
        node.ejected()
        switch = asking.ask("ejector.state", node.ejector.state)
        return await _light_in_mid_air(loop, asking, switch, thrown)


async def _throw(loop: Loop, asking: Asking) -> str:
    """Ejects, and again where the ejector says that it has not moved and is charged; returns why
    the MAV stays, or nothing."""
    node = loop.node

    async def falls_on() -> bool:
        await loop.cycle(loop.computer.fall, node.burn_cycle)
        return loop.is_blind

    for pause in (*EJECTION_PAUSES, None):
        asked = asking.ask(EJECTED.what, node.ejector.eject)
        reason = await _until_thrown(loop, asking, asked)
        if not reason or pause is None or not asked.code:
            return reason  # of one that gives no answer nobody knows what it will do yet
        late = node.clock.now() + pause > node.launch_closes
        if late or not node.context.structure.keeps(LAUNCH_CHECKS):
            return reason
        node.count_held(reason=f"{reason}; again in {pause:g} s")
        if await Fall(loop.computer).within(pause, falls_on):
            return ""
        state = asking.ask("ejector.state", node.ejector.state)
        await until_answered(loop, state, SWITCH, loop.computer.fall)
        if not can_throw(state):
            return reason
    return reason


async def _until_thrown(loop: Loop, asking: Asking, asked: Asked) -> str:
    """Until the MAV falls; returns why it does not, or nothing."""
    node, fall, begun = loop.node, Fall(loop.computer), monotonic()
    while True:
        await loop.cycle(loop.computer.fall, node.burn_cycle)
        if not node.context.structure.keeps(WITNESSES):
            if asked.at is not None:
                return asked.error
            continue
        if fall.felt(loop.is_blind):
            return ""
        answered = begun + EJECTION if asked.at is None else asked.at
        if monotonic() - answered >= SENSED_WITHIN:
            break
    if asked.error:
        return asked.error
    if loop.is_blind:  # nothing can be felt: the switch is the only witness that is left
        switch = asking.ask("ejector.state", node.ejector.state)
        await until_answered(loop, switch, SWITCH, loop.computer.fall)
        if in_tube(switch) is False:
            return ""
    if asked.is_acknowledged:
        node.result_unconfirmed(actuation=EJECTED.what, witness=EJECTED.seen_by)
        return "acknowledged, and no fall is felt"
    return "no answer, and no fall is felt"


async def _light_in_mid_air(loop: Loop, asking: Asking, switch: Asked, thrown: float) -> Signal:
    """Lights the first motor after its delay, as long as the MAV is in the air."""
    node, computer = loop.node, loop.computer
    while monotonic() - thrown < node.parameters["ignition_delay"]:
        await loop.cycle(computer.fall, node.burn_cycle)
    if in_tube(switch) and node.context.structure.keeps(WITNESSES):
        node.result_unconfirmed(actuation=OUT_OF_TUBE.what, witness=OUT_OF_TUBE.seen_by)
        if not is_from_before(switch, asking.last.get(EJECTED.what)):
            stay(node, "a fall is felt, and the switch says that it lies in its tube")
    acknowledged = False
    while monotonic() - thrown < AIRTIME:
        if await _light(loop, asking, node.first_igniter, FIRST_LIT, "first", computer.fall):
            return Signal("lit")
        acknowledged = acknowledged or asking.last[FIRST_LIT.what].is_acknowledged
    if acknowledged and loop.is_blind:
        return Signal("lit")  # a current flowed, and nobody feels what came of it: it is steered
    await lose(node, "the first motor did not light in mid-air")


async def _after_a_reboot_at_ejection(node: MavVehicle) -> Signal:
    """What became of it while the computer was down: after a warm start there may be air left."""
    loop = Loop(node, "ejecting")
    fall = Fall(loop.computer)
    async with beside_the_loop(node) as asking:
        switch = asking.ask("ejector.state", node.ejector.state)
        for _ in range(FEELING):
            await loop.cycle(loop.computer.fall, node.burn_cycle)
            if fall.felt(loop.is_blind) and not in_tube(switch):
                if node.thrown_at is not None:
                    since = node.clock.count() - node.thrown_at
                else:  # not known when: at once, for as long as it may be in the air at the most
                    since = node.parameters["ignition_delay"]
                return await _light_in_mid_air(loop, asking, switch, monotonic() - since)
    node.vigil.alive(QUESTIONS)
    state = await sound(node.ejector.state, pauses=QUICK)
    if state.in_tube:
        spent = "" if state.charged else "; the ejector is spent"
        stay(node, f"rebooted at the ejection{spent}")
    await lose(node, "rebooted between ejection and ignition")


async def first_burn(node: MavVehicle, signal: Signal) -> Signal:
    """Steers the first stage until its motor is no longer felt."""
    computer = await _burn(node, "first", node.parameters["first_burn_time"])
    if suborbital(computer, height=50e3):
        await lose(node, "the first burn has ended far too early")
    return Signal("burnt")


async def hold_in_air(node: MavVehicle, signal: Signal) -> Signal:
    """Keeps the nose in the wind until the air is thin, then lets stage and fairing go."""
    await recall(node)
    loop = Loop(node, "holding")
    computer, begun = loop.computer, monotonic()
    while monotonic() - begun < LONGEST_HOLD and computer.dynamic_pressure > THIN_AIR:
        await loop.cycle(loop.hold, node.burn_cycle)
    if not await _separate(loop):
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

    def lighting(seen: Increments) -> Order | None:
        return computer.coast(seen, lighting=True)

    begun = monotonic()
    async with beside_the_loop(node) as asking:
        for pause in chain(SECOND_PAUSES, repeat(SECOND_PAUSES[-1])):
            left = SECOND_PATIENCE - (monotonic() - begun)
            await fly_for(loop, min(pause, left), lighting)
            if left <= pause:
                break
            if await _light(loop, asking, node.second_igniter, SECOND_LIT, "second", lighting):
                return Signal("lit")
    await lose(node, "the second motor did not light")


async def second_burn(node: MavVehicle, signal: Signal) -> Signal:
    """Steers the second stage until its motor is no longer felt."""
    await _burn(node, "second", node.parameters["second_burn_time"])
    return Signal("burnt")


async def _burn(node: MavVehicle, stage: str, seconds: float) -> AscentComputer:
    """Steers a stage until its motor, which burns for so long, is no longer felt."""
    await recall(node)
    loop = Loop(node, f"{stage}_burn")
    computer, watch = loop.computer, Watch(node)
    steer = computer.first_burn if stage == "first" else computer.second_burn
    begun = felt = monotonic()
    while monotonic() - begun < LONGEST_BURN * seconds:
        await loop.cycle(steer, node.burn_cycle)
        watch.look()
        if computer.is_lit or loop.is_blind:
            felt = monotonic()
        elif monotonic() - begun > EARLIEST_BURNOUT * seconds or monotonic() - felt >= DARK:
            break
    node.burnout(stage=stage, **node.show_flight())
    return computer


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


async def _light(
    loop: Loop, asking: Asking, igniter: Igniter, lit: Confirmation, name: str, step: Step
) -> bool:
    """Sends current through the next bridge wire; whether the motor is then felt.

    An igniter that does not answer keeps nobody from steering.
    """
    node = loop.node
    shot = asking.ask(lit.what, igniter.fire)
    fired, told = monotonic(), False
    while monotonic() - fired < IGNITION_PATIENCE:
        await loop.cycle(step, node.burn_cycle)
        if shot.is_acknowledged and not told:
            told = True
            node.ignition_sent(motor=name)
        if loop.computer.is_lit:
            return True
        if shot.error:
            return False  # no current flowed: the next wire at once
    if shot.is_acknowledged:
        node.result_unconfirmed(actuation=lit.what, witness=lit.seen_by)
    return False


async def _separate(loop: Loop) -> bool:
    """Lets the first stage go, then the fairing; whether the second motor can be lit."""
    node, separation = loop.node, loop.node.separation
    if not await _part(loop, separation.separate_stage, STAGE_GONE, "first_stage"):
        return False
    if not await _part(loop, separation.release_fairing, FAIRING_GONE, "fairing"):
        node.fairing_held()
    node.separated()
    return True


async def _part(
    loop: Loop, call: Callable[[], Awaitable[SeparationState]], gone: Confirmation, part: str
) -> bool:
    """Lets a part go, again after pauses that grow; whether its break wire says that it is gone.

    What an answer says is believed where no wire says anything.
    """
    node = loop.node
    there: bool | None = True
    acknowledged = False
    for pause in PARTING_PAUSES:  # also where it says that its initiators are used: it may be wrong
        await fly_for(loop, pause, loop.hold)
        async with beside_the_loop(node) as asking:
            asked = asking.ask(gone.what, call)
            await _held(loop, asked, PARTING)
            acknowledged = acknowledged or asked.is_acknowledged
            if acknowledged and not node.context.structure.keeps(WITNESSES):
                return True
            wires = asking.ask("separation.state", node.separation.state)
            await _held(loop, wires, PARTING)
        there = is_there(wires, part)
        if there is False:
            return True
        if there and asked.is_acknowledged:
            node.result_unconfirmed(actuation=gone.what, witness=gone.seen_by)
    return acknowledged and there is None


async def _held(loop: Loop, asked: Asked, patience: float) -> None:
    """Holds the attitude until a call is answered, or for so many seconds."""
    await asyncio.sleep(0.0)  # what answers at once has answered
    await until_answered(loop, asked, patience, loop.hold)


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

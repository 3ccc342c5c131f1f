"""What the MAV does before its flight: conditioning, checks, opening and sealing the container."""

import asyncio
from collections.abc import Awaitable, Callable

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.handover import HandoverFailed
from flight.core.sound_readings import sound
from flight.icd import places
from flight.icd.devices.base import DeviceError, usable
from flight.icd.devices.container import ContainerState
from flight.mav.custody import (
    begin_all,
    end_all,
    held,
    lost_on_the_way,
    seats,
    socket_of,
)
from flight.mav.orbit import settle_release
from flight.mav.vehicle import MavVehicle

LOOK = 1800.0  # s between looks at the temperatures
PAUSE = 60.0  # s between attempts at the latch


async def wake(node: MavVehicle, signal: Signal) -> Signal:
    """Switches the avionics on, once they are warm enough."""
    await _wait_for(node, node.avionics_warm, "the avionics are too cold to be switched on")
    try:
        await node.systems.set_power(True)
    except DeviceError as error:
        raise ActivityFailed(f"the avionics do not wake: {error}") from error
    await node.sample()
    return Signal("done", {"result": "avionics on"})


async def condition(node: MavVehicle, signal: Signal) -> Signal:
    """Waits until the motors are at a temperature at which they may be fired."""
    await _wait_for(node, node.motors_conditioned, "the motors do not reach their temperature")
    node.note_conditioned()
    node.conditioned(first=node.first_motor_temperature, second=node.second_motor_temperature)
    return Signal("done", {"result": "motors conditioned"})


async def run_checks(node: MavVehicle, signal: Signal) -> Signal:
    """Tests avionics and battery, and reports each item."""
    try:
        report = usable(await node.systems.self_test())
    except DeviceError as error:
        raise ActivityFailed(f"the self-test did not run: {error}") from error
    failed = []
    for item in report.items:
        (node.check_passed if item.passed else node.check_failed)(
            item=item.name, measured=item.measured
        )
        if not item.passed:
            failed.append(item.name)
    node.note_checks(not failed)
    if failed:
        raise ActivityFailed(f"checks failed: {', '.join(failed)}")
    return Signal("done", {"result": f"{len(report.items)} checks passed"})


async def open_container(node: MavVehicle, signal: Signal) -> Signal:
    """Opens the latch, so that an arm can take off the lid."""
    begin_all(node, places.CONTAINER)
    state = await _drive(node, node.container.unlatch, lambda s: not s.latched)
    end_all(node, state)
    await seats(node)
    if state.latched:
        raise ActivityFailed("the latch did not open")
    return Signal("done", {"result": "latch open; the lid may be taken off"})


async def seal_container(node: MavVehicle, signal: Signal) -> Signal:
    """Latches the lid over the seated tubes, and verifies lid, latch and seats."""
    state = await _state(node)
    if not state.lid_closed:
        raise ActivityFailed("the lid is not on its seat")
    unsettled = await node.handover.settle()
    if unsettled:
        names = ", ".join(record.tube for record in unsettled)
        raise ActivityFailed(f"a hand-over is not settled: {names}")
    await _find_lost(node)
    seated = await seats(node)
    sockets = {record.tube: socket_of(node, record) for record in held(node)}
    missing = [tube for tube, slot in sockets.items() if slot is None or not seated[slot]]
    if missing:
        raise ActivityFailed(f"not seated by the sensors: {', '.join(missing)}")
    begin_all(node, places.MAV)
    state = await _drive(node, node.container.latch, lambda s: s.latched)
    end_all(node, state)
    if not (state.latched and state.lid_closed):
        raise ActivityFailed("the latch did not close")
    node.container_sealed(tubes=len(held(node)))
    return Signal("done", {"result": f"sealed with {len(held(node))} tubes"})


async def _find_lost(node: MavVehicle) -> None:
    """Finds tubes of which it was not known whether they had arrived, if their sockets say so."""
    seated = await seats(node)
    for tube, socket in lost_on_the_way(node).items():
        if not seated[socket]:
            continue
        try:
            if await node.handover.find_again(tube, socket):
                node.tube_found(tube=tube, socket=socket)
        except HandoverFailed as failure:
            node.device_trouble(reason=str(failure))


async def hold_safe(node: MavVehicle, signal: Signal) -> None:
    """Keeps still: nothing moves, nothing is armed."""
    await asyncio.Event().wait()


async def settle_seals(node: MavVehicle) -> None:
    """After a boot: ends what was begun with latch or springs, by what the switches say."""
    try:
        wires = await sound(node.separation.state)
        settle_release(node, wires)
        if node.context.store_lost and not wires.container:
            node.flown = "in_orbit"  # nowhere else is the container let go
        state = await sound(node.container.state)
        end_all(node, state)
        seated = await seats(node)
        if node.closure == "":  # never opened, or forgotten: then tubes in it tell
            if state.latched and state.lid_closed and any(seated):
                node.closure = "sealed"
            elif not state.latched:
                node.closure = "open"
    except DeviceError as error:
        node.device_trouble(reason=str(error))


async def _drive(
    node: MavVehicle,
    drive: Callable[[], Awaitable[ContainerState]],
    is_done: Callable[[ContainerState], bool],
) -> ContainerState:
    """Drives the latch a few times until its switch says that it is done."""
    for _ in range(node.parameters["latch_attempts"]):
        try:
            await drive()
        except DeviceError as error:
            node.device_trouble(reason=str(error))
        state = await _state(node)
        if is_done(state):
            return state
        await asyncio.sleep(PAUSE)
    return state


async def _state(node: MavVehicle) -> ContainerState:
    try:
        return await sound(node.container.state)
    except DeviceError as error:
        raise ActivityFailed(f"the container does not answer: {error}") from error


async def _wait_for(node: MavVehicle, condition: Callable[[], bool], reason: str) -> None:
    waited = 0.0
    while True:
        await node.sample()
        if condition():
            return
        if waited >= node.parameters["conditioning_limit"]:
            raise ActivityFailed(f"{reason}, after {waited / 3600.0:.0f} h")
        await asyncio.sleep(LOOK)
        waited += LOOK

"""Containment: orient, sterilise, seal, and carry into the entry capsule; each step verified."""

from collections.abc import Awaitable, Callable

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.handover_together import give_together
from flight.core.exchanges import ExchangeFailed
from flight.core.fault_protection.witnesses import Confirmation
from flight.core.sound_readings import sound
from flight.core.tries import WORK, Tries
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.icd.devices.capture import ContainmentState
from flight.icd.exchanges import CAPSULE_STATUS, Nothing
from flight.orbiter.custody import begin_insertion, end_insertion, on_board
from flight.orbiter.vehicle import OrbiterVehicle
from flight.orbiter.witnesses import INSERTED, SEALED, STERILISED

CAPSULE = "entry"


async def contain(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Does what is not done yet, from what the sensors say."""
    box = node.devices.containment
    state = await sound(box.state)
    if not (state.present or state.in_capsule):
        raise ActivityFailed("there is no container in the cage")
    if not state.in_capsule:
        await _step(node, "orientation", None, box.orient, None)
        await _sterilise(node, state)
        await _step(
            node, "sealing", SEALED, box.seal,
            lambda s: s.sealed and s.leak_rate <= node.parameters["largest_leak_rate"],
        )  # fmt: skip
        await _insert(node)
    state = await sound(box.state)
    end_insertion(node, state.in_capsule)
    node.leak_rate = state.leak_rate
    node.contained(leak_rate=f"{state.leak_rate:.1e}", hot_seconds=round(state.hot_seconds))
    return Signal("done", {"result": "sterilised, sealed and in the entry capsule"})


async def _insert(node: OrbiterVehicle) -> None:
    """Into the capsule: handed over to it when it has a ledger of its own and answers."""

    async def move() -> None:
        await _step(
            node, "insertion", INSERTED, node.devices.containment.insert_into_capsule,
            lambda s: s.in_capsule and s.capsule_closed,
        )  # fmt: skip

    tubes = [record.tube for record in on_board(node)]
    node.tubes_contained = len(tubes)
    try:
        await node.exchanges.ask(CAPSULE, CAPSULE_STATUS, Nothing(), attempts=2)
    except ExchangeFailed as error:
        node.capsule_silent(reason=str(error))
        begin_insertion(node)
        await move()
        return
    try:
        await give_together(
            node.handover, tubes, CAPSULE, places.ENTRY_CAPSULE, move, device="gantry"
        )
    except HandoverFailed as failure:
        raise ActivityFailed(f"the capsule did not take the tubes: {failure}") from failure


async def _sterilise(node: OrbiterVehicle, state: ContainmentState) -> None:
    """Heats until the sensors have seen the temperature for long enough, the samples cold."""
    needed = node.parameters["sterilising_seconds"]
    async for _ in Tries(WORK):
        left = needed - state.hot_seconds
        if left <= 0.0:
            node.containment_step(step="sterilisation", result=f"{state.hot_seconds:.0f} s hot")
            return
        try:
            await node.devices.containment.sterilise(left)
            answered = True
        except DeviceError as error:
            node.device_trouble(reason=str(error))
            answered = False
        state, before = await sound(node.devices.containment.state), state
        if answered and state.hot_seconds <= before.hot_seconds:
            node.result_unconfirmed(actuation=STERILISED.what, witness=STERILISED.seen_by)
        node.sample_temperature = round(state.sample_temperature, 2)
        if state.sample_temperature > node.parameters["hottest_sample"]:
            raise ActivityFailed(f"the samples have become {state.sample_temperature:.0f} K warm")
    if state.hot_seconds < needed:
        raise ActivityFailed(
            f"sterilised for {state.hot_seconds:.0f} s only, {needed:.0f} s are needed"
        )


async def _step(
    node: OrbiterVehicle, name: str, row: Confirmation | None,
    act: Callable[[], Awaitable[ContainmentState]],
    is_done: Callable[[ContainmentState], bool] | None,
) -> None:  # fmt: skip
    """Tries until it is done by a sensor (`is_done`; None: none sees it, the answer must do)."""
    tries = Tries(WORK)
    async for attempt in tries:
        answered = True
        try:
            await act()
        except DeviceError as error:  # an answer that is lost is not a deed that was not done
            node.device_trouble(reason=str(error))
            answered = False
        # Asked anew: what was done is not what says that it is done.
        state = await sound(node.devices.containment.state)
        if answered if is_done is None else is_done(state):
            node.containment_step(step=name, result=f"verified at attempt {attempt}")
            return
        if answered and row is not None:
            node.result_unconfirmed(actuation=row.what, witness=row.seen_by)
    raise ActivityFailed(f"{name} was not verified in {tries.number} attempts")

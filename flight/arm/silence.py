"""A vehicle that gives no answer is waited for: what keeps it from being heard mostly passes."""

import asyncio

from flight.arm.device_calls import persist
from flight.arm.vehicle import ArmVehicle
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.exchanges import ExchangeFailed
from flight.core.keeping.clock import monotonic
from flight.icd.exchanges import COMMAND_VERDICT, OrderNamed

ASKED_EVERY = 3600.0  # s
LONGEST_SILENCE = 4 * SOL_SECONDS
"""s for which the same silence is waited through, by all that meet it (assumption)."""
PATIENCE = 60.0  # s for an answer


def is_silence(failure: BaseException | None) -> bool:
    """Whether it failed because somebody gave no answer."""
    while failure is not None:
        if isinstance(failure, ExchangeFailed):
            return failure.is_silence
        failure = failure.__cause__
    return False


async def heard_again(node: ArmVehicle, vehicle: str) -> bool:
    """Waits until a vehicle answers; False when it does not, for so long in all."""
    began = monotonic()
    node.waits_for_answer(vehicle=vehicle)
    await persist(node, lambda: node.hardware.arm.set_brakes(True))
    while node.silence_borne.get(vehicle, 0.0) < LONGEST_SILENCE:
        try:
            await node.exchanges.ask(
                vehicle, COMMAND_VERDICT, OrderNamed("nothing"), timeout=PATIENCE, attempts=1
            )
        except ExchangeFailed as failure:
            if not failure.is_silence:
                break  # that was an answer
        else:
            break
        await asyncio.sleep(ASKED_EVERY)
        borne = monotonic() - began
        began = monotonic()
        node.silence_borne[vehicle] = node.silence_borne.get(vehicle, 0.0) + borne
    else:
        return False
    node.silence_borne.pop(vehicle, None)
    return True

"""Switching a radio off for so long that it begins anew: the first half of restarting it."""

import asyncio

from flight.icd.devices.communications import Radio

RADIO_REST = 10.0
"""Seconds that a radio stays off when it is restarted (assumption: its supply has drained)."""


async def rest(radio: Radio) -> None:
    """Switches a radio off and waits `RADIO_REST`. Raises DeviceError where it cannot be."""
    await radio.set_power(False)
    await asyncio.sleep(RADIO_REST)

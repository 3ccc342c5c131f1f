"""The time that a motion takes, apart from what it does: simulated, or that of a real device."""

import asyncio


class Motor:
    """Takes as long as it is asked to. One that is real takes its own time."""

    async def run(self, seconds: float) -> None:
        """Returns when the motion is over; raises DeviceFault where it has ended otherwise."""
        await asyncio.sleep(seconds)

    def part(self, passed: float, seconds: float) -> float:
        """How far a motion has come that was broken off, 0 to 1."""
        return min(1.0, passed / seconds)

"""What the simulated radios of surface vehicles have in common."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Protocol

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import (
    LinkState,
    Radio,
    RadioState,
    ReceivedFrame,
    Transmission,
)
from sim_hw.power_and_heat.electrical import PowerSystemContext
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import Failing, failure_at_once
from sim_hw.serving.timestamps import mission_ns

_SWITCHING_SECONDS = 2.0  # assumption: a software radio that loads its settings


class RadioParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Power in W while it listens and while it sends."""

    listening_power: Annotated[float, Quantity("W", ge=0, le=500)]
    sending_power: Annotated[float, Quantity("W", ge=0, le=500)]
    on_at_start: bool = False


class Medium(Protocol):
    """What carries the frames of a radio: the space links of the run."""

    def links_of(self, radio: "SurfaceRadio") -> list[LinkState]:
        """The state of each link of a radio."""

    def switched(self, radio: "SurfaceRadio") -> None:
        """A radio has been switched on or off."""

    def is_whole(self, data: bytes) -> bool:
        """Whether a frame that arrives is as it was sent, by its checksum."""

    async def carry(self, radio: "SurfaceRadio", peer: str, data: bytes) -> None:
        """Carries one frame and returns when it is acknowledged; raises DeviceFault."""


class SurfaceRadio(SimulatedDevice, Radio):
    """A transceiver: off it hears nothing, and without power neither.

    Failures: `deaf` (receives nothing), `mute` (sends nothing that anybody hears). Either can be a
    circuit that has latched up, which ends as it is switched off (JEDEC JESD89A, "single-event
    latch-up").
    """

    band = ""  # which links it serves: "uhf" or "x_band"

    def __init__(self, context: PowerSystemContext, parameters: RadioParameters) -> None:
        super().__init__(context)
        self.vehicle, self.consumer = context.service.split(".", 1)
        self.medium: Medium | None = None
        self.deaf = False
        self.mute = False
        self._latched: set[str] = set()
        self.is_covered: Callable[[], bool] = lambda: False
        """Whether something lies over its antenna."""
        self.corrupt = 0  # frames that arrived and were not whole
        self._electrical = context.electrical
        self._parameters = parameters
        self._on = parameters.on_at_start
        self._sending: asyncio.Lock | None = None
        self._declare_load(False)

    @failure_at_once
    def fail_deaf(self, until_off: bool = False) -> Failing:
        """It receives nothing; `until_off`: until it is switched off."""
        self.deaf = True
        self._latched |= {"deaf"} if until_off else set()
        yield
        self.deaf = False
        self._latched -= {"deaf"}

    @failure_at_once
    def fail_mute(self, until_off: bool = False) -> Failing:
        """Nobody hears it; `until_off`: until it is switched off."""
        self.mute = True
        self._latched |= {"mute"} if until_off else set()
        yield
        self.mute = False
        self._latched -= {"mute"}

    @property
    def is_on(self) -> bool:
        """Whether it is switched on and has power."""
        return self._on and self._electrical.is_powered(self.consumer)

    @property
    def hears(self) -> bool:
        """Whether a frame that arrives now would be received."""
        return self.is_on and not self.deaf and not self.is_covered()

    @property
    def is_heard(self) -> bool:
        """Whether what it sends now can be heard."""
        return self.is_on and not self.mute and not self.is_covered()

    def accept(self, peer: str, data: bytes) -> bool:
        """Takes a frame that arrives; False when nobody listens or it was changed on its way."""
        if not self.hears:
            return False
        if self.medium is not None and not self.medium.is_whole(data):
            self.corrupt += 1
            return False
        self.emit("received", ReceivedFrame(peer, data))
        return True

    def announce(self, link: LinkState) -> None:
        """Tells the vehicle that a link has changed."""
        self.emit("link", link)

    async def occupy(self, seconds: float) -> None:
        """Sends for some time, with the power that this takes."""
        self._declare_load(True)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._declare_load(False)

    # ---------------------------------------------------------- the interface

    async def state(self) -> RadioState:
        return self._state()

    async def set_power(self, on: bool) -> RadioState:
        if on and not self._electrical.is_powered(self.consumer):
            raise DeviceFault("off", f"the {self.consumer} radio gets no power")
        if on != self._on:
            await asyncio.sleep(_SWITCHING_SECONDS)
            self._on = on
            self._declare_load(False)
        if not on:
            for failure in self._latched:
                setattr(self, failure, False)
            self._latched.clear()
        if self.medium is not None:
            # Also when nothing changes: a computer that has just booted knows of no link.
            self.medium.switched(self)
        return self._state()

    async def transmit(self, peer: str, data: bytes) -> Transmission:
        if self._sending is None:
            self._sending = asyncio.Lock()
        began = self._electrical.world.now()
        async with self._sending:
            if not self.is_on:
                raise DeviceFault("off", f"the {self.consumer} radio is off")
            if self.medium is None:
                raise DeviceFault("no_link", f"{peer} cannot be heard")
            await self.medium.carry(self, peer, data)
        return Transmission(True, self._electrical.world.now() - began)

    def _declare_load(self, sending: bool) -> None:
        power = self._parameters.sending_power if sending else self._parameters.listening_power
        self._electrical.set_load(self.consumer, power if self._on else 0.0)

    def _state(self) -> RadioState:
        on = self.is_on
        links = self.medium.links_of(self) if self.medium is not None and on else []
        return RadioState(
            time_ns=mission_ns(self._electrical.world.now()),
            on=on,
            temperature=self._electrical.battery_temperature() + self.random.gauss(0.0, 0.5),
            links=links,
        )

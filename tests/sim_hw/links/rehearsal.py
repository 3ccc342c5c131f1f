"""A world with radios and links, in which a test plays."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from flight.astrodynamics.time_scales import Epoch
from flight.icd.devices.communications import LinkState, ReceivedFrame
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.streams import stream
from sim_hw.devices.surface_radio import RadioParameters, SurfaceRadio
from sim_hw.devices.uhf_radio import SimUhfRadio
from sim_hw.devices.x_band_radio import SimXBandRadio
from sim_hw.links.parameters import LinkParameters, load_link_parameters
from sim_hw.links.space_links import SpaceLinks
from sim_hw.power_and_heat.electrical import BatteryParameters, Electrical, ElectricalParameters
from sim_hw.serving.device import DeviceContext
from sim_hw.world.relay_orbit import sun_synchronous_orbit
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

EPOCH = 2461990.0
CONJUNCTION = Epoch.from_utc("2030-05-25T00:00:00Z").jd_tt
SOL = 88_775.244
PARAMETERS = load_link_parameters()


def with_losses(section: str, **changes: Any) -> LinkParameters:
    part = msgspec.structs.replace(getattr(PARAMETERS, section), **changes)
    return msgspec.structs.replace(PARAMETERS, **{section: part})


def clean() -> LinkParameters:
    changed = PARAMETERS
    for section in ("proximity", "relay", "earth"):
        part = msgspec.structs.replace(getattr(changed, section), frame_error=0.0)
        changed = msgspec.structs.replace(changed, **{section: part})
    return changed


class Rehearsal:
    """A world with two radios on the ground and one at Earth's command."""

    def __init__(self, epoch: float = EPOCH, parameters: LinkParameters | None = None) -> None:
        self.world = World(1, epoch, TubeRegistry((), {}))
        orbit = sun_synchronous_orbit(Epoch(epoch))
        self.links = SpaceLinks(self.world, orbit, parameters or clean())
        self.world.place("lander", 0.0, 0.0)
        self.world.place("rover", 100.0, 50.0)
        self.heard: list[tuple[float, str, ReceivedFrame]] = []
        self.link_changes: list[tuple[float, str, LinkState]] = []
        self.lander = self._radio(SimUhfRadio, "lander.uhf")
        self.rover = self._radio(SimUhfRadio, "rover.uhf")
        self.direct = self._radio(SimXBandRadio, "lander.x_band")
        self.links.stations.emit = self._listener("earth")
        self.links.start()

    def _radio(self, kind: type[SurfaceRadio], service: str) -> SurfaceRadio:
        battery = BatteryParameters(
            capacity=90_000.0,
            charge_efficiency=1.0,
            discharge_efficiency=1.0,
            maximum_charge_power=500.0,
            lowest_charge_temperature=253.0,
            cold_capacity_loss=0.0,
            full_voltage=32.8,
            empty_voltage=24.0,
            internal_resistance=0.0,
            initial_state_of_charge=1.0,
            restart_state_of_charge=0.1,
        )
        electrical = Electrical(service, self.world, ElectricalParameters(battery=battery))
        power = RadioParameters(listening_power=15.0, sending_power=60.0, on_at_start=True)
        radio = kind(DeviceContext(service, stream(1, service), None, electrical), power)
        radio.emit = self._listener(service)
        self.links.attach(radio)
        return radio

    def _listener(self, name: str) -> Callable[[str, Any], None]:
        def emit(signal: str, data: Any) -> None:
            log: list[Any] = self.link_changes if signal == "link" else self.heard
            log.append((self.world.now(), name, data))

        return emit

    async def until_earth_is_up(self) -> None:
        """Waits until Earth has risen at the site, where it has not."""
        earth, now = self.links.earth, self.world.now()
        if not earth.earth_above_horizon(now):
            await asyncio.sleep(earth.next_horizon_change(now) - now + 1.0)

    def frames_at(self, name: str) -> list[ReceivedFrame]:
        return [frame for _, where, frame in self.heard if where == name]


def rehearse(
    play: Callable[[Rehearsal], Awaitable[None]],
    epoch: float = EPOCH,
    parameters: LinkParameters | None = None,
) -> None:
    async def scenario() -> None:
        await play(Rehearsal(epoch, parameters))

    run(scenario(), VirtualLoop())

"""The power system of one vehicle: battery, solar array or generator, loads and switches.

Integrated late: each question first brings the state up to now, in steps of at most ten minutes, so
that weeks without questions cost little.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from flight.configuration.files import Quantity
from sim_hw.power_and_heat.sky_grid import SkyGrid, Surroundings
from sim_hw.serving.device import DeviceContext

STEP = 600.0  # s, the longest step of integration
LONG_STEP = 3600.0  # s, where nothing changes by itself: neither light nor thermostats
_SHORTEST_STEP = 10.0  # s, when the battery is about to be empty
JOULES_PER_WATT_HOUR = 3600.0
HEAT = "heaters"
"""The switch by which heaters draw on the battery; open, they have what array and generator give
over the other loads."""

IntegratedLoad = Callable[[float, float, float], float]
"""Called with start and length of a step in s and the power available in W; returns the J used."""


class BatteryParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lithium-ion battery."""

    capacity: Annotated[float, Quantity("W h", gt=0, le=1e5)]
    charge_efficiency: Annotated[float, Quantity("1", gt=0, le=1)]
    discharge_efficiency: Annotated[float, Quantity("1", gt=0, le=1)]
    maximum_charge_power: Annotated[float, Quantity("W", gt=0, le=1e4)]
    lowest_charge_temperature: Annotated[float, Quantity("K", ge=200, le=300)]
    cold_capacity_loss: Annotated[float, Quantity("1/K", ge=0, le=0.05)]
    full_voltage: Annotated[float, Quantity("V", gt=0, le=200)]
    empty_voltage: Annotated[float, Quantity("V", gt=0, le=200)]
    internal_resistance: Annotated[float, Quantity("ohm", ge=0, le=5)]
    initial_state_of_charge: Annotated[float, Quantity("1", ge=0, le=1)]
    restart_state_of_charge: Annotated[float, Quantity("1", ge=0, le=1)]


class ArrayParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A horizontal solar array."""

    area: Annotated[float, Quantity("m2", gt=0, le=100)]
    efficiency: Annotated[float, Quantity("1", gt=0, le=0.5)]
    stowed_fraction: Annotated[float, Quantity("1", ge=0, le=1)]
    deployed_at_start: bool = True


class ElectricalParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle's power system. `generator`: W from a radioisotope generator (0: there is none).

    `standing_loads`: W that flow whenever the switch of that name is closed, or always where there
    is no such switch. `switches`: each switch and whether it is closed at the start.
    """

    battery: BatteryParameters
    array: ArrayParameters | None = None
    generator: Annotated[float, Quantity("W", ge=0, le=1000)] = 0.0
    standing_loads: dict[str, Annotated[float, Quantity("W", ge=0, le=2000)]] = {}
    switches: dict[str, bool] = {}


@dataclass
class EnergyAccount:
    """Where all energy went since the start, in J.

    array + generator = loads + charging_loss + discharging_loss + shunted + (gain of the battery)
    - unserved + drained, which is what a fault has taken out of the battery and not put back.
    """

    array: float = 0.0
    generator: float = 0.0
    loads: float = 0.0
    charging_loss: float = 0.0
    discharging_loss: float = 0.0
    shunted: float = 0.0
    unserved: float = 0.0
    drained: float = 0.0


@dataclass(frozen=True)
class PowerNow:
    """A vehicle's power as of a mission time in s: J in the battery, that over its capacity when
    new, the least that ever was, W into it, and whether all loads are shed."""

    time: float
    energy: float
    state_of_charge: float
    lowest_state_of_charge: float
    net_power: float
    brownout: bool


@dataclass
class SoftShort:
    """A path from the bus to the chassis: the bus is seen at a `share` of its voltage. What flows
    there heats it: after `bears` s in all of more than `load` W it is a hard short, and all power
    is gone. Each of several takes its share of what the others leave."""

    share: float
    load: float
    bears: float
    heated: float = 0.0

    def heat(self, watts: float, step: float) -> bool:
        """Takes another step (s) of a load; whether it is a hard one by now."""
        if watts > self.load:
            self.heated += step
        return self.heated > self.bears


@dataclass
class Electrical:
    """The truth about one vehicle's power.

    When the battery is empty all loads are shed (`brownout`) until it has been charged to the
    restart level; only heaters go on, with what array and generator give: else cells that are too
    cold to be charged would stay so for ever. `on_brownout` is called, with the mission time, when
    an integration finds that the battery has become empty.
    """

    name: str
    world: Surroundings
    parameters: ElectricalParameters
    sky: SkyGrid | None = None
    battery_temperature: Callable[[], float] = lambda: 293.0
    on_brownout: list[Callable[[float], None]] = field(default_factory=list)
    account: EnergyAccount = field(default_factory=EnergyAccount)
    capacity_fade: float = 0.0  # fraction of the capacity that is lost for good
    lost_cells: list[float] = field(default_factory=list)  # fractions of what is left, each
    soft_shorts: list[SoftShort] = field(default_factory=list)

    def __post_init__(self) -> None:
        battery = self.parameters.battery
        self.grid = self.sky if self.sky is not None else SkyGrid(self.world)
        self._time = self.world.now()
        self._capacity = battery.capacity * JOULES_PER_WATT_HOUR
        self.initial_energy = battery.initial_state_of_charge * self._capacity
        self._energy = self._lowest = self.initial_energy
        self._loads: dict[str, float] = dict(self.parameters.standing_loads)
        self._switches: dict[str, bool] = dict(self.parameters.switches)
        self._integrated: dict[str, IntegratedLoad] = {}
        self._integrated_power: dict[str, float] = {}
        self._drawn: float | None = None  # W by all loads that are on; None: to be summed up
        self._net_power = 0.0
        self._brownout = False
        self._dead = False
        self._advancing = False
        array = self.parameters.array
        self.array_deployed = array is not None and array.deployed_at_start
        self.generator_share = 1.0
        """What the generator gives of its power: less where arrays stand for it and look aside."""
        self.shades: list[float] = []  # what each thing leaves that covers such arrays
        self.array_shut = 0.0
        """The share of the array that stays shut."""

    # ------------------------------------------------------- what devices ask

    def set_load(self, consumer: str, watts: float) -> None:
        """Declares what a consumer draws from now on, in W; it draws nothing while switched off.

        The switch of `arm.joints` is the one called so, or else the one called `arm`.
        """
        if not (math.isfinite(watts) and watts >= 0.0):
            raise ValueError(f"{self.name}: {consumer} draws {watts!r} W: allowed is 0 or more")
        if self._loads.get(consumer, 0.0) != watts:
            self.advance()
            self._loads[consumer] = watts
            self._drawn = None

    def load_of_consumer(self, consumer: str) -> float:
        """What a consumer has declared that it draws while it is switched on, W."""
        return self._loads.get(consumer, 0.0)

    def is_on(self, name: str) -> bool:
        """Whether a consumer's switch is closed; what has no switch is always on."""
        closed = self._switches.get(name)
        if closed is None and "." in name:
            closed = self._switches.get(name.split(".", 1)[0])
        return closed is not False

    def switch_of(self, name: str) -> str:
        """The switch that a consumer hangs on: its own, or that of who carries it; "" where it has
        none."""
        return next((s for s in (name, name.split(".", 1)[0]) if s in self._switches), "")

    def is_powered(self, name: str) -> bool:
        """Whether a consumer has power: its switch is closed, and the battery is not empty."""
        return self.is_on(name) and not self.brownout

    @property
    def brownout(self) -> bool:
        """Whether all loads are shed because the battery is empty."""
        if self._dead:
            return True
        self.advance()
        return self._brownout or self._dead

    def kill(self) -> None:
        """Ends all power for good: the vehicle is lost."""
        self.advance()
        self._dead = True

    def revive(self) -> None:
        """The power of a vehicle that was lost is there again, as the battery has it."""
        self.advance()
        self._dead = False

    def drain(self, share: float) -> Callable[[], None]:
        """Takes energy out of the battery, down to a share of what it can hold; below what it can
        give when cold there is nothing to take. What is returned puts it back."""
        self.advance()
        before = self._energy
        self._energy = min(before, max(share * self._full(), self._floor()))
        taken = before - self._energy
        self.account.drained += taken
        self._judge(self.world.now())

        def put_back() -> None:
            self.advance()
            put = max(0.0, min(taken, self._full() - self._energy))
            self._energy += put
            self.account.drained -= put

        return put_back

    # -------------------------------------------------- what gauges would show

    @property
    def state_of_charge(self) -> float:
        """Energy in the battery over its capacity when new."""
        self.advance()
        return self._energy / (self.parameters.battery.capacity * JOULES_PER_WATT_HOUR)

    @property
    def energy(self) -> float:
        """Energy in the battery, J."""
        self.advance()
        return self._energy

    @property
    def net_power(self) -> float:
        """Power into the battery in W during the last step of integration; negative: out of it."""
        self.advance()
        return self._net_power

    @property
    def array_power(self) -> float:
        """What the array can give now, W."""
        return self._array_power(self.world.now(), self._panel_dust())

    @property
    def switches(self) -> dict[str, bool]:
        """Each switch and whether it is closed."""
        return dict(self._switches)

    def load_of(self, switch: str) -> float:
        """Power through a switch, W."""
        if self.brownout or not self._switches.get(switch, True):
            return 0.0
        return math.fsum(
            watts
            for consumer, watts in self._loads.items()
            if consumer == switch or consumer.split(".", 1)[0] == switch
        )

    def consumption_of(self, consumer: str) -> float:
        """What a consumer draws in W; asks for no integration, so that heat models may ask."""
        if self._brownout or self._dead or not self.is_on(consumer):
            return 0.0
        return self._loads.get(consumer, 0.0)

    def open_or_close(self, switch: str, closed: bool) -> None:
        """Moves a switch; raises KeyError when there is none of that name."""
        if switch not in self._switches:
            raise KeyError(switch)
        self.advance()
        self._switches[switch] = closed
        self._drawn = None

    def add_integrated_load(self, name: str, load: IntegratedLoad) -> None:
        """Adds a load that integrates itself step by step, such as heaters with thermostats."""
        self.advance()
        self._integrated[name] = load

    # ------------------------------------------------------- looking from outside

    def peek(self) -> "PowerNow":
        """The truth at the instant up to which it is integrated; changes nothing.

        To look from outside of the run. A device asks for the present instead, and where that cuts
        a step of integration in two, what follows differs in the last bits.
        """
        new = self.parameters.battery.capacity * JOULES_PER_WATT_HOUR
        return PowerNow(
            self._time,
            self._energy,
            self._energy / new,
            self._lowest / new,
            self._net_power,
            self._brownout or self._dead,
        )

    # ------------------------------------------------------------ integration

    def advance(self) -> None:
        """Brings everything up to now."""
        if self._advancing:  # asked from within a step, which nothing advances meanwhile
            return
        now = self.world.now()
        if now <= self._time:
            return
        if self._dead and not self._integrated:
            self._time = now
            return
        longest = STEP
        if self.parameters.array is None and not self._integrated:
            longest = LONG_STEP
        self._advancing = True
        try:
            dust = self._panel_dust()
            while self._time < now:
                step = min(longest, now - self._time, self._time_to_empty())
                step = min(max(step, _SHORTEST_STEP), now - self._time)
                self._step(step, dust)
                self._time = now if now - self._time - step < 1e-6 else self._time + step
        finally:
            self._advancing = False

    def _drawn_by_loads(self) -> float:
        """W, by all loads that are switched on."""
        if self._drawn is None:
            self._drawn = math.fsum(
                w for consumer, w in self._loads.items() if self.is_on(consumer)
            )
        return self._drawn

    def _panel_dust(self) -> float:
        return self.world.panel_dust(self.name) if self.parameters.array is not None else 1.0

    def _array_power(self, seconds: float, dust: float) -> float:
        array = self.parameters.array
        if array is None:
            return 0.0
        exposed = 1.0 - self.array_shut if self.array_deployed else array.stowed_fraction
        return self.grid.at(seconds).light * array.area * array.efficiency * dust * exposed

    def _generator_power(self) -> float:
        return self.parameters.generator * self.generator_share * math.prod(self.shades)

    def _step(self, step: float, dust: float) -> None:
        array = self._array_power(self._time + 0.5 * step, dust) * step
        generator = self._generator_power() * step
        loads, available = 0.0, (array + generator) / step
        if self._dead:
            available = 0.0
        elif not self._brownout:
            loads = self._drawn_by_loads() * step
            over = max(0.0, available - loads / step)
            available = math.inf if self.is_on(HEAT) else over
        for name, integrated in self._integrated.items():
            used = integrated(self._time, step, available)
            self._integrated_power[name] = used / step
            loads += used
        self.account.array += array
        self.account.generator += generator
        self.account.loads += loads
        before = self._energy
        surplus = array + generator - loads
        if surplus >= 0.0:
            self._charge(surplus, step)
        else:
            self._discharge(-surplus)
        self._lowest = min(self._lowest, self._energy)
        self._net_power = (self._energy - before) / step
        self._judge(self._time + step)
        if not self.soft_shorts:
            return
        hard = [short.heat(loads / step, step) for short in self.soft_shorts]
        if any(hard) and not self._dead:
            self._dead = True
            for tell in self.on_brownout:
                tell(self._time + step)

    def _charge(self, surplus: float, step: float) -> None:
        battery = self.parameters.battery
        accepted = 0.0
        if self.battery_temperature() >= battery.lowest_charge_temperature:
            room = max(0.0, self._full() - self._energy) / battery.charge_efficiency
            accepted = min(surplus, battery.maximum_charge_power * step, room)
        stored = accepted * battery.charge_efficiency
        self._energy += stored
        self.account.charging_loss += accepted - stored
        self.account.shunted += surplus - accepted

    def _discharge(self, deficit: float) -> None:
        efficiency = self.parameters.battery.discharge_efficiency
        taken = min(deficit / efficiency, max(0.0, self._energy - self._floor()))
        self._energy -= taken
        self.account.discharging_loss += taken * (1.0 - efficiency)
        self.account.unserved += deficit - taken * efficiency

    def _judge(self, seconds: float) -> None:
        battery = self.parameters.battery
        floor = self._floor()
        if not self._brownout and self._energy <= floor + 1e-6:
            self._brownout = True
            for tell in self.on_brownout:
                tell(seconds)
        elif self._brownout:
            restart = floor + battery.restart_state_of_charge * (self._full() - floor)
            self._brownout = self._energy < restart

    def _full(self) -> float:
        if not self.lost_cells:  # asked several times a step
            return self._capacity * (1.0 - self.capacity_fade)
        left = math.prod(1.0 - fraction for fraction in self.lost_cells)
        return self._capacity * (1.0 - self.capacity_fade) * left

    def _floor(self) -> float:
        """Energy that a cold battery cannot give, J: it is there again when the cells are warm."""
        below = max(0.0, 273.15 - self.battery_temperature())
        return self._full() * min(0.7, below * self.parameters.battery.cold_capacity_loss)

    def _time_to_empty(self) -> float:
        """Seconds until the battery is empty at the present loads if no light falls."""
        if self._brownout:
            return LONG_STEP
        drawn = self._drawn_by_loads()
        if self.is_on(HEAT):
            drawn += math.fsum(self._integrated_power.values())
        drawn -= self._generator_power()
        if drawn <= 0.0:
            return LONG_STEP
        available = (self._energy - self._floor()) * self.parameters.battery.discharge_efficiency
        return available / drawn


PowerSystemContext = DeviceContext[Any, Electrical]
"""Of a device that is part of a power system, or sees all of it."""

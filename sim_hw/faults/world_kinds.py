"""What can go wrong with the world around the vehicles, and with their power and heat."""

from typing import Annotated, Any, ClassVar, Literal, Protocol

from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount
from sim_hw.faults.kind import FaultKind, Heal, Injection, TargetKind
from sim_hw.faults.reading_kinds import Share
from sim_hw.faults.targets import NamedPart

Metres = Annotated[float, Amount("m", ge=-10_000.0, le=10_000.0)]
Size = Annotated[float, Amount("m", gt=0.0, le=100.0)]
Speed = Annotated[float, Amount("m/s", ge=-200.0, le=200.0)]
Sols = Annotated[float, Amount("sol", gt=0.0, le=1000.0)]
SITE = "site"


class WorldSeam(Protocol):
    """The site, or what surrounds and feeds one vehicle."""

    name: str

    def storm(self, depth: float, rise: float, decay: float) -> Heal:
        """Dust comes into the air: optical depth at the peak, sols to it and of its clearing."""
        ...

    def blow(self, east: float, north: float) -> Heal:
        """Wind blows besides, m/s."""
        ...

    def put_rock(self, east: float, north: float, diameter: float, height: float) -> Heal:
        """Puts a rock on the ground, all in m."""
        ...

    def lay_patch(self, east: float, north: float, radius: float, slip: float, ramp: float) -> Heal:
        """Lays ground on which wheels slip, in m; from the rim on more and more over a ramp."""
        ...

    def dig(self, east: float, north: float, radius: float, depth: float, wall: float) -> Heal:
        """Digs a crater that is on no map; what is returned fills it."""
        ...

    def place_of(self, vehicle: str, ahead: float) -> tuple[float, float]:
        """Metres east and north of a point so many m ahead of a vehicle, now."""
        ...

    def cover_panel(self, share: float) -> Heal:
        """Lets only a share of the light through to the vehicle's array."""
        ...

    def drain(self, share: float) -> Heal:
        """Empties the vehicle's battery down to a share of what it can hold."""
        ...

    def lose_cells(self, fraction: float) -> Heal:
        """Takes a fraction of the battery's capacity."""
        ...

    def load(self, watts: float) -> Heal:
        """Draws power besides."""
        ...

    def short(self, share: float, load: float, bears: float) -> Heal:
        """A path from the bus to the chassis: a share of the voltage, W and s that it bears."""
        ...

    def leak(self, place: str, rate: float) -> Heal:
        """Lets propellant out at a place, kg/s; what is returned makes it tight."""
        ...

    def tear(self, share: float) -> Heal | None:
        """Lets only a share of the canopy stand against the air; None: it is gone already."""
        ...

    def fail(self, device: str, mode: str, **options: Any) -> Heal:
        """Has a device of the vehicle fail in one of its modes; raises NotAllowed."""
        ...


class WorldKind(FaultKind, frozen=True, kw_only=True):
    """A fault of what surrounds a vehicle; `needs`: what the target must have."""

    target: ClassVar[TargetKind] = "world"
    needs: ClassVar[str] = ""

    @classmethod
    def why_not(cls, part: NamedPart) -> str:
        return part.why_no(cls.needs)

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        if method is not None or fields:
            key = "method" if method is not None else "fields"
            raise NotAllowed(key, f"none: {self.name()} is of the whole")

    def begin(self, seam: WorldSeam, injection: Injection) -> Heal:
        if self.is_null:
            return lambda: None
        heal = self.change(seam)
        injection.hit(seam.name, "as it was", self.name())
        return heal

    @property
    def is_null(self) -> bool:
        """Whether it changes nothing, for want of size."""
        return False

    def change(self, seam: WorldSeam) -> Heal:
        """Changes the world; what is returned changes it back."""
        raise NotImplementedError


class DustStorm(WorldKind, frozen=True, kw_only=True, tag="dust_storm"):
    """Dust comes into the air: optical depth `depth` more at the peak, `rise` after its begin,
    clearing with the e-folding time `decay`. Opportunity met 9.8 more in six sols (2018). Healed,
    the air is clear at once."""

    needs: ClassVar[str] = "sky"

    depth: Annotated[float, Meta(gt=0.0, le=30.0)]
    rise: Sols = 6.0
    decay: Sols = 60.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.storm(self.depth, self.rise, self.decay)


class Wind(WorldKind, frozen=True, kw_only=True, tag="wind"):
    """Wind blows besides what is expected, at all heights, for what flies in the air of Mars:
    `east` and `north` are whereto."""

    needs: ClassVar[str] = "sky"

    east: Speed = 0.0
    north: Speed = 0.0

    @property
    def is_null(self) -> bool:
        return self.east == 0.0 and self.north == 0.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.blow(self.east, self.north)


class PlacedKind(WorldKind, frozen=True, kw_only=True):
    """Something on the ground: at `east` and `north` of the tube Malay, or (`before`: a vehicle) so
    many m `ahead` of it when it begins."""

    needs: ClassVar[str] = "ground"

    east: Metres | None = None
    north: Metres | None = None
    before: str | None = None
    ahead: Metres = 2.0

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        if self.before is None and (self.east is None or self.north is None):
            raise NotAllowed(("east", "north"), "given together with north, or before a vehicle")
        if self.before is not None and self.before not in part.others:
            raise NotAllowed("before", choices_words(self.before, list(part.others), ""))

    def place(self, seam: WorldSeam) -> tuple[float, float]:
        """Metres east and north."""
        if self.before is not None:
            return seam.place_of(self.before, self.ahead)
        assert self.east is not None and self.north is not None
        return self.east, self.north


class SlipPatch(PlacedKind, frozen=True, kw_only=True, tag="slip_patch"):
    """Ground on which wheels slip by `slip`, and which no camera tells from other ground. From the
    rim on the slip rises over `ramp`."""

    radius: Size = 5.0
    slip: Annotated[float, Amount("1", ge=0.0, le=0.995)] = 0.9
    ramp: Annotated[float, Amount("m", ge=0.0, le=100.0)] = 0.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.lay_patch(*self.place(seam), self.radius, self.slip, self.ramp)


class Crater(PlacedKind, frozen=True, kw_only=True, tag="crater"):
    """A crater that is on no map: from its rim at `radius` on the ground falls by `depth` over a
    `wall` (a depth below zero: it rises)."""

    radius: Annotated[float, Amount("m", gt=0.0, le=50_000.0)] = 50.0
    depth: Annotated[float, Amount("m", ge=-5_000.0, le=5_000.0)] = 10.0
    wall: Annotated[float, Amount("m", gt=0.0, le=50_000.0)] = 20.0

    @property
    def is_null(self) -> bool:
        return self.depth == 0.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.dig(*self.place(seam), self.radius, self.depth, self.wall)


class Rock(PlacedKind, frozen=True, kw_only=True, tag="rock"):
    """A rock that was on no map."""

    diameter: Size = 0.6
    height: Size = 0.4

    def change(self, seam: WorldSeam) -> Heal:
        return seam.put_rock(*self.place(seam), self.diameter, self.height)


class PanelDust(WorldKind, frozen=True, kw_only=True, tag="panel_dust"):
    """Dust on the array lets only that `share` of the light through, or so much of it is left, as
    when a wing is torn off (Skylab, 14 May 1973); healed, it is wiped away, or whole."""

    needs: ClassVar[str] = "array"

    share: Annotated[float, Amount("1", gt=0.0, le=1.0)]

    @property
    def is_null(self) -> bool:
        return self.share == 1.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.cover_panel(self.share)


class BrownOut(WorldKind, frozen=True, kw_only=True, tag="brown_out"):
    """The battery is drained, down to that share of what it can hold: with nothing left all loads
    are shed. Healed, the energy is there again."""

    needs: ClassVar[str] = "battery"

    to: Share = 0.0

    @property
    def is_null(self) -> bool:
        return self.to == 1.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.drain(self.to)


class CellLoss(WorldKind, frozen=True, kw_only=True, tag="cell_loss"):
    """That fraction of the battery's cells fails."""

    needs: ClassVar[str] = "battery"

    fraction: Share

    @property
    def is_null(self) -> bool:
        return self.fraction == 0.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.lose_cells(self.fraction)


class ParasiticLoad(WorldKind, frozen=True, kw_only=True, tag="parasitic_load"):
    """Something draws `power` that nobody has switched on."""

    needs: ClassVar[str] = "battery"

    power: Annotated[float, Amount("W", ge=0.0, le=5000.0)]

    @property
    def is_null(self) -> bool:
        return self.power == 0.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.load(self.power)


class BusShort(WorldKind, frozen=True, kw_only=True, tag="bus_short"):
    """A soft short: the vehicle's bus is seen at a `share` of its voltage. After more than `bears`
    in all, at one time or at several, of more than `load` it is a hard one: all power is gone, and
    stays so when it is healed (assumption)."""

    needs: ClassVar[str] = "battery"

    share: Annotated[float, Amount("1", gt=0.0, le=1.0)]
    load: Annotated[float, Amount("W", gt=0.0, le=5000.0)] = 60.0
    bears: Annotated[float, Amount("s", gt=0.0, le=1e6)] = 1800.0

    @property
    def is_null(self) -> bool:
        return self.share == 1.0

    def change(self, seam: WorldSeam) -> Heal:
        return seam.short(self.share, self.load, self.bears)


class HeaterStuck(WorldKind, frozen=True, kw_only=True, tag="heater_stuck"):
    """The heater of a zone is always on, or never."""

    needs: ClassVar[str] = "heaters"

    zone: Annotated[str, Meta(min_length=1, max_length=40)]
    state: Literal["on", "off"] = "on"

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        zones = [each.removeprefix("zone ") for each in part.has if each.startswith("zone ")]
        if self.zone not in zones:
            raise NotAllowed("zone", choices_words(self.zone, zones, ""))

    def change(self, seam: WorldSeam) -> Heal:
        return seam.fail("heaters", f"stuck_{self.state}", zone=self.zone)


class Debris(WorldKind, frozen=True, kw_only=True, tag="debris"):
    """There are `height` of debris in a socket of the container."""

    needs: ClassVar[str] = "container"

    socket: Annotated[int, Meta(ge=0, lt=43)] = 0
    height: Annotated[float, Amount("m", gt=0.0, le=0.2)] = 0.01

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        sockets = len([each for each in part.has if each.startswith("socket ")])
        if self.socket >= sockets:
            raise NotAllowed("socket", f"an integer from 0 to {sockets - 1}")

    def change(self, seam: WorldSeam) -> Heal:
        return seam.fail("container", "debris", socket=self.socket, height=self.height)


class PropellantLeak(WorldKind, frozen=True, kw_only=True, tag="propellant_leak"):
    """Propellant leaks at a `rate` from the `tank` itself or, where a valve is before it, from
    `line_a` or `line_b` to the engines, as long as that is open. What is gone stays so when it is
    healed. Peregrine lost in some days what it was to land with (January 2024)."""

    needs: ClassVar[str] = "tanks"

    rate: Annotated[float, Amount("kg/s", ge=0.0, le=10.0)]
    place: Annotated[str, Meta(min_length=1, max_length=40)] = "tank"

    @property
    def is_null(self) -> bool:
        return self.rate == 0.0

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        places = [each.removeprefix("leak ") for each in part.has if each.startswith("leak ")]
        if self.place not in places:
            raise NotAllowed("place", choices_words(self.place, places, ""))

    def change(self, seam: WorldSeam) -> Heal:
        return seam.leak(self.place, self.rate)


class TornCanopy(WorldKind, frozen=True, kw_only=True, tag="torn_canopy"):
    """Gores of the parachute tear, or its lines: only that `share` of it stands against the air
    from its opening on. Apollo 15 came down on two of three (7 August 1971)."""

    needs: ClassVar[str] = "parachute"

    share: Annotated[float, Amount("1", ge=0.0, le=1.0)]

    def begin(self, seam: WorldSeam, injection: Injection) -> Heal:
        heal = None if self.share == 1.0 else seam.tear(self.share)
        if heal is None:
            return lambda: None
        injection.hit(seam.name, "as it was", self.name())
        return heal

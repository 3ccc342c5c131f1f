"""Requests that the edge answers by itself: who one is, the pace, the bench, what is newest.

A run that is asked directly, on its control socket, does not know them.
"""

from typing import Annotated, get_args

from msgspec import Meta

from ground.api.benches import BenchOrder
from ground.api.fields import Name, Rate, Read, Request

NextPass = Annotated[str, Meta(extra_json_schema={"enum": ["pass"]})]


class Login(Request, frozen=True, tag="login"):
    """Opens a session: by `user` and `password`, or by the `token` of a one-time link.

    It is asked without a session. Answers `session`, the token that goes with each request from
    then on; `user`; and `number`, the session's public name, which stands in records. Who tries
    too often in vain is locked out for a while, as the operators' file says.
    """

    user: str | None = None
    password: str | None = None
    token: str | None = None

    def __post_init__(self) -> None:
        by_password = self.user is not None and self.password is not None and self.token is None
        by_link = self.user is None and self.password is None and self.token is not None
        if not by_password and not by_link:
            raise ValueError("allowed is {user, password}, or {token} of a one-time link")


class Logout(Request, frozen=True, tag="logout"):
    """Ends the session that it is asked with."""


class WhoAmI(Read, frozen=True, tag="whoami"):
    """Who one is. Answers `name` and `roles`, also while the run does not answer: then those that
    it told last."""


class Service(Read, frozen=True, tag="service"):
    """How the edge is. Answers `run`, a text that is the same as long as this run goes on and
    another for each other; `previews`: why none are flown here, or nothing; `link` {up, since, why,
    life} to the run; and counts of what it answered, published and refused."""


class Telemetry(Read, frozen=True, tag="telemetry"):
    """The newest value of every channel, of a `vehicle` or of all.

    Answers `version` and `values` [[vehicle, channel, value, occurred_ns, received_ns, state]]; the
    streams `tm` and `tm.VEHICLE` tell what changes after it.
    """

    vehicle: Name | None = None


class Pace(Request, frozen=True, tag="pace"):
    """How fast the run goes: not for who looks on only.

    `rate`: mission seconds in a second, null: as fast as it goes, 0: it stands. `until`: where it
    stands then, in seconds of mission time; `pass`: the start of the next one. `told`: it stands as
    soon as mission control hears {vehicle, event}, or {verdict: identifier of a command}. Answers
    `pace`, `until` and, where it was given, `told`.
    """

    rate: Rate | None
    until: float | NextPass | None = None
    told: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.until, str) and self.until != "pass":
            raise ValueError(
                f"until = {self.until[:80]!r}: allowed is seconds of mission time, or pass"
            )


class Bench(Read, frozen=True, tag="bench"):
    """How what is real in this run is: each device's life, its times, what was lost, the stop.

    Answers `bench`, null in a run without one.
    """


class OrderToBench(Request, frozen=True, tag="bench_order"):
    """An order to the bench: to `arm` a device for `seconds`, to make it `safe`, to `stop` all, to
    `release` the stop, to `inject` a fault of its line or to `heal` that.

    `service`: the device; left out, all. `arm`, `inject` and `heal` need one; nothing arms all at
    once. `kind`: of the fault, one that its bench file allows (open, short, delay, drop, corrupt,
    stuck), with a `figure` where it has one: s of a delay, the share of drop and corrupt. To stop
    and to make safe is anybody's, the others need the role conductor.
    """

    order: BenchOrder
    service: Annotated[str, Meta(max_length=80)] = ""
    seconds: Annotated[float, Meta(gt=0.0, le=86_400.0)] | None = None
    kind: Annotated[str, Meta(max_length=40)] = ""
    figure: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None


AT_THE_EDGE = Login | Logout | WhoAmI | Service | Telemetry | Pace | Bench | OrderToBench
EDGE_REQUEST_TYPES: dict[str, type[Request]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AT_THE_EDGE)
}
"""Those, by their `do`."""

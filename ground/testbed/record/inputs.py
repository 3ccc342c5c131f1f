"""What somebody outside can make happen in a run, as data: admitted, recorded, and flown again."""

from typing import Annotated, Any

import msgspec

from ground.api.commanding import Role
from ground.api.fields import Change, Key
from ground.api.requests import NoRequest, check_values, read_request
from ground.mission_control import Dictionary, DictionaryRefusal
from ground.missions.mission import LoadedMission
from ground.testbed.participants.roles import GROUND

User = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class CommandInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="command"):
    """A person has mission control send a command to a vehicle, beside the procedure.

    A hazardous one travels as ARM and FIRE; `lifetime`: seconds that the arming lasts.
    """

    vehicle: str
    command: str
    user: User
    arguments: dict[str, Any] = {}
    lifetime: Annotated[float, msgspec.Meta(ge=1.0, le=86_400.0)] = 600.0


class KillInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="kill"):
    """A person lets a participant die now; it is started again."""

    role: str


class RequestInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="request"):
    """A person asks mission control to change something; see `ground.api.requests`.

    `user` by the edge's word, with the `roles` that the operators' file gives them; `session`: in
    which they asked; `key`: of this one request, which is not done twice.
    """

    user: User
    session: Annotated[str, msgspec.Meta(max_length=120)]
    roles: tuple[Role, ...]
    key: Key
    request: dict[str, Any]


class BenchInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="bench"):
    """The bench tells something of a real device; see `sim_hw.bench.port`."""

    told: list[Any]


RunInput = CommandInput | KillInput | RequestInput | BenchInput


class InputRefused(ValueError):
    """An input that has no meaning in this run; the text says what was allowed."""


def read_input(plain: Any) -> RunInput:
    """The input that plain data stand for; raises InputRefused."""
    try:
        given = msgspec.convert(plain, RunInput)
        if isinstance(given, CommandInput):
            check_values(given.arguments)
    except (msgspec.ValidationError, NoRequest) as error:
        raise InputRefused(f"no input of a run: {error}") from error
    return given


def check_input(given: RunInput, mission: LoadedMission, dictionary: Dictionary) -> None:
    """Refuses what can never happen in a run of this mission; raises InputRefused."""
    if isinstance(given, BenchInput):
        return
    roles = (*mission.vehicles, GROUND)
    if isinstance(given, RequestInput):
        change_of(given)
        return
    if isinstance(given, KillInput):
        if given.role not in roles:
            raise InputRefused(f"role = {given.role!r}: allowed is one of {', '.join(roles)}")
        return
    if given.vehicle not in mission.vehicles:
        allowed = ", ".join(mission.vehicles)
        raise InputRefused(f"vehicle = {given.vehicle!r}: allowed is one of {allowed}")
    try:
        dictionary.check(given.vehicle, given.command, given.arguments)
    except DictionaryRefusal as error:
        raise InputRefused(str(error)) from error


def change_of(given: RequestInput) -> Change:
    """What is asked for; raises InputRefused for what is no request, or only looks."""
    try:
        request = read_request(given.request)
    except NoRequest as error:
        raise InputRefused(str(error)) from error
    if not isinstance(request, Change):
        raise InputRefused(f"{given.request['do']} only looks: it is no input of a run")
    return request

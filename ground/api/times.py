"""How long what people decide holds: the part `times` of an operators' file."""

from typing import Annotated

from msgspec import Meta, Struct


class Times(Struct, frozen=True, forbid_unknown_fields=True):
    """People's times are wall time, which the edge keeps; `condition_sols` is mission time.

    `approval_minutes`: after that an approval is over, where what was approved has not left.
    `session_hours`: for which nobody uses a session, after which it is over. `link_hours`: in which
    a one-time link can be used. `attempts`: log-ins that fail within `attempts_seconds`, after
    which nothing of that name is tried for `locked_seconds`. `condition_sols`: for which a command
    waits for its condition where nobody says until when (`not_after`).
    """

    approval_minutes: Annotated[float, Meta(ge=1.0, le=1440.0)] = 30.0
    session_hours: Annotated[float, Meta(ge=0.1, le=720.0)] = 12.0
    link_hours: Annotated[float, Meta(ge=0.1, le=720.0)] = 12.0
    attempts: Annotated[int, Meta(ge=1, le=100)] = 5
    attempts_seconds: Annotated[float, Meta(ge=1.0, le=86_400.0)] = 300.0
    locked_seconds: Annotated[float, Meta(ge=1.0, le=86_400.0)] = 60.0
    condition_sols: Annotated[float, Meta(ge=0.01, le=700.0)] = 1.0


DEFAULT_TIMES = Times()

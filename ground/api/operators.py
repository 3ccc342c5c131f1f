"""Who operates: the people of a file in `configs/operators`, with their roles and no secrets."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from flight.configuration.files import NotAllowed, find_configuration, load_configuration
from ground.api.commanding import Role
from ground.api.fields import EDGE
from ground.api.times import Times

FORMAT = 1
UserName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,39}$(?!\n)")]


class Operator(Struct, frozen=True, forbid_unknown_fields=True):
    """A person. `title`: what they do."""

    roles: Annotated[list[Role], Meta(min_length=1, max_length=7)]
    title: Annotated[str, Meta(max_length=120)] = ""

    def __post_init__(self) -> None:
        if len(set(self.roles)) < len(self.roles):
            raise NotAllowed(["roles"], "each role once")


class Operators(Struct, frozen=True, forbid_unknown_fields=True):
    """All who operate, and how long what they decide holds."""

    format: int
    users: Annotated[dict[UserName, Operator], Meta(min_length=1, max_length=200)]
    times: Times = Times()

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise NotAllowed(["format"], f"{FORMAT}, the format that is read here")
        if EDGE in self.users:
            raise NotAllowed([f"users.{EDGE}"], f"any name but {EDGE}, which the edge itself has")


def load_operators(name: str | Path) -> Operators:
    """The people of a file, by its name in `configs/operators` or by its path.

    Raises ConfigurationError.
    """
    return load_configuration(find_configuration("operators", str(name), "users"), Operators)


def nobody_called(name: str, people: Iterable[str], field: str = "user") -> str:
    """That there is no such person, in words."""
    return f"{field} = {name!r}: nobody here is called so; there are {', '.join(people)}"


__all__ = ["Operator", "Operators", "load_operators", "nobody_called"]

"""Requests of a command's life, of who holds a vehicle, and of who may what."""

from typing import Annotated, Literal

from msgspec import Meta, field

from ground.api.fields import (
    Arguments,
    Change,
    Condition,
    Hash,
    Lifetime,
    Name,
    Nanoseconds,
    Note,
    Person,
    StageName,
)

Role = Literal["observer", "operator", "director", "engineer", "admin", "trainer", "conductor"]


class Stage(Change, frozen=True, tag="stage"):
    """Puts a command on the stack: checked against the dictionary and the mode last known.

    `when`: a condition that it waits for after its release; `not_after`: mission time in ns up to
    which it may leave. `lifetime`: s that the arming of a hazardous one lasts. `unit`: ARM and FIRE
    go as one declared unit, in one frame; without, FIRE waits for ARM's ACCEPTED.
    """

    vehicle: Name
    command: Name
    arguments: Arguments = field(default_factory=dict)
    note: Note = ""
    when: Condition | None = None
    lifetime: Lifetime = 600.0
    not_after: Nanoseconds | None = None
    unit: bool = True


class Edit(Change, frozen=True, tag="edit"):
    """Changes what is staged; any approval is void. Fields that are left out stay; those that are
    named in `without` are taken away."""

    stage: StageName
    arguments: Arguments | None = None
    note: Note | None = None
    when: Condition | None = None
    lifetime: Lifetime | None = None
    not_after: Nanoseconds | None = None
    unit: bool | None = None
    without: Annotated[tuple[Literal["when", "not_after"], ...], Meta(max_length=2)] = ()


class Unstage(Change, frozen=True, tag="unstage"):
    """Takes a command from the stack."""

    stage: StageName


class Approve(Change, frozen=True, tag="approve"):
    """A second person has read what is staged, and agrees: to what has this hash and nothing else.

    Needs the role director, and a session and a person other than those who staged it.
    """

    stage: StageName
    hash: Hash
    note: Note = ""


class Refuse(Change, frozen=True, tag="refuse"):
    """A director disagrees with what is staged; the note says why."""

    stage: StageName
    note: Annotated[str, Meta(min_length=1, max_length=2000)]


class Release(Change, frozen=True, tag="release"):
    """Lets what is staged leave, in this order; all of it or nothing. Answers the identifiers."""

    stages: Annotated[list[StageName], Meta(min_length=1, max_length=50)]


class Cancel(Change, frozen=True, tag="cancel"):
    """Takes back a command that was released and has not left the ground."""

    identifier: Annotated[str, Meta(min_length=1, max_length=120)]


class Expire(Change, frozen=True, tag="expire"):
    """The time that people were given for an approval is over. Sent by the edge alone."""

    stage: StageName


class AuthorityTake(Change, frozen=True, tag="authority_take"):
    """Takes hold of a vehicle that nobody holds: only its holder stages and releases for it."""

    vehicle: Name


class AuthorityOffer(Change, frozen=True, tag="authority_offer"):
    """The holder, or a director, offers a vehicle to somebody."""

    vehicle: Name
    to: Person


class AuthorityAccept(Change, frozen=True, tag="authority_accept"):
    """Takes hold of a vehicle that was offered to oneself."""

    vehicle: Name


class AuthorityRelease(Change, frozen=True, tag="authority_release"):
    """Lets go of a vehicle; a director may have anybody let go."""

    vehicle: Name


class RolesSet(Change, frozen=True, tag="roles_set"):
    """An admin gives somebody these roles, in place of those before, for the rest of the run."""

    user: Person
    roles: Annotated[list[Role], Meta(max_length=7)]


COMMANDING = (
    Stage | Edit | Unstage | Approve | Refuse | Release | Cancel | Expire | AuthorityTake
    | AuthorityOffer | AuthorityAccept | AuthorityRelease | RolesSet
)  # fmt: skip

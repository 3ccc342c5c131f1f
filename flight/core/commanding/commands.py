"""Commands of a node: declared once, next to the code that obeys.

The declaration gives the validator on board, the check on the ground, the form in the console and
the
documentation. A command either acts at once, or `starts` a state whose activity is its work: then
it ends when that state is left.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from flight.configuration.argument_refusals import infinite_sentence, refusal_sentence
from flight.core.commanding.arguments import Arguments
from flight.icd.declarations import arguments_of, marked

F = TypeVar("F", bound=Callable[..., Any])


class Hazard(StrEnum):
    """Why a command needs ARM and then FIRE; NONE runs at once. In the order of severity."""

    NONE = "none"
    PROTECTION = "a weaker fault protection"
    CRITICAL = "a change where nothing is safer than going on"
    RELEASE = "release of a tube"
    SEALING = "sealing of the container"
    IGNITION = "ignition"
    DECOMMISSION = "end of the vehicle"
    ELSEWHERE = "hazardous at another vehicle"


class Carries(StrEnum):
    """What a command carries, whose highest hazard is then its own; NOTHING for most."""

    NOTHING = ""
    SEQUENCE = "the sequence that is given"
    STORED_SEQUENCE = "the stored sequence that is named"
    PARAMETERS = "the parameters that are staged"


class Restart(StrEnum):
    """What becomes of a command that was running when the node rebooted."""

    ABORT = "abort"
    RESUME = "resume"


STAGES = ("run", "arm", "fire")


class CommandRejected(Exception):
    """The command is refused; the text says which argument, its value and what is allowed."""


@dataclass(frozen=True)
class CommandSpec:
    """One declared command."""

    name: str
    doc: str
    arguments: type[msgspec.Struct]
    deadline: float
    hazard: Hazard
    starts: str | None
    allowed_in: tuple[str, ...]
    so_in: tuple[str, ...]
    restart: Restart
    method: str
    carries: Carries = Carries.NOTHING
    harmless: bool = False
    """It changes nothing that the vehicle is or does: it may come at any time."""
    whole: str = ""
    """The parameter of the method that takes all arguments as one `Arguments`; empty: each has
    its own."""

    def check(self, plain: dict[str, Any]) -> dict[str, Any]:
        """Typed arguments; raises CommandRejected with a sentence."""
        try:
            checked = msgspec.convert(plain, self.arguments)
        except msgspec.ValidationError as error:
            raise CommandRejected(
                refusal_sentence(self.name, plain, self.arguments, error)
            ) from error
        infinite = infinite_sentence(self.name, plain)
        if infinite:
            raise CommandRejected(infinite)
        return {f.name: getattr(checked, f.name) for f in msgspec.structs.fields(self.arguments)}

    def call(self, checked: dict[str, Any]) -> dict[str, Any]:
        """What the method is called with."""
        return {self.whole: self.arguments(**checked)} if self.whole else checked

    def check_stage(self, stage: str, hazard: Hazard | None = None) -> None:
        """Whether the command may come as "run", or as "arm" and "fire"; raises CommandRejected.

        `hazard`: that of a carrier, which follows from what it carries.
        """
        if stage not in STAGES:
            allowed = ", ".join(STAGES)
            raise CommandRejected(f"{self.name}: stage = {stage!r}: allowed are {allowed}")
        hazard = self.hazard if hazard is None else hazard
        # What is hazardous by the phase, or by what is staged, the ground cannot know for sure when
        # it sends it: armed for nothing is no harm.
        if hazard is Hazard.NONE and stage != "run" and self.harmless:
            raise CommandRejected(f"{self.name} is not hazardous anywhere; it takes no {stage}")
        if hazard is not Hazard.NONE and stage == "run":
            carried = f"carries a hazardous command: {hazard}" if self.carries else f"{hazard}"
            raise CommandRejected(f"{self.name} is hazardous ({carried}): ARM it, then FIRE")


def highest(hazards: Iterable[Hazard]) -> Hazard:
    """The most severe of some hazards; NONE when there are none."""
    return max(hazards, key=list(Hazard).index, default=Hazard.NONE)


def command(
    *,
    deadline: float,
    hazard: Hazard = Hazard.NONE,
    starts: str | None = None,
    allowed_in: tuple[str, ...] | str = (),
    so_in: tuple[str, ...] | str = (),
    restart: Restart = Restart.ABORT,
    carries: Carries = Carries.NOTHING,
    harmless: bool = False,
) -> Callable[[F], F]:
    """Declares a method as a command.

    `deadline`: seconds after acceptance by which it must have ended. `starts`: the state whose
    activity does the work; the statechart needs a transition on the command's name into it, and
    that transition says where the command is allowed. `allowed_in`: for commands that act at once,
    the states in which they may (all, when empty). `so_in`: states in which what it is for is so
    already, also by another way than this command (out of safe, say): there it completes, and
    nothing is done. `carries`: what it carries, whose highest hazard it has beside its own. Where
    nothing is safer than going on every command is hazardous but those that are `harmless`: they
    ask, or stage what is not used yet.
    """
    states = (allowed_in,) if isinstance(allowed_in, str) else tuple(allowed_in)

    def mark(function: F) -> F:
        function.__command__ = {  # type: ignore[attr-defined]
            "deadline": deadline,
            "hazard": hazard,
            "starts": starts,
            "allowed_in": states,
            "so_in": (so_in,) if isinstance(so_in, str) else tuple(so_in),
            "restart": restart,
            "carries": carries,
            "harmless": harmless,
        }
        return function

    return mark


def declared_commands(owner: type) -> dict[str, CommandSpec]:
    """All commands of a node class, in the order of declaration, base classes first."""
    return dict(_declared(owner))


@cache
def _declared(owner: type) -> dict[str, CommandSpec]:
    """Read once for each class: a node that boots declares nothing new."""
    return {
        name: _spec(owner, name, function, options)
        for name, function, options in marked(owner, "__command__")
    }


def _spec(owner: type, name: str, function: Any, options: dict[str, Any]) -> CommandSpec:
    hints = get_type_hints(function, include_extras=True)
    whole = _whole(function, hints)
    return CommandSpec(
        name=name,
        doc=inspect.getdoc(function) or "",
        arguments=hints[whole] if whole else arguments_of(owner, name, function, hints),
        method=name,
        whole=whole,
        **options,
    )


def _whole(function: Any, hints: dict[str, Any]) -> str:
    """The one parameter that takes all arguments; empty when there is none."""
    names = list(inspect.signature(function).parameters)[1:]
    typed = [name for name in names if _is_arguments(hints[name])]
    if typed and len(names) > 1:
        raise TypeError(f"{function.__name__}: {typed[0]} are all its arguments: there are others")
    return typed[0] if typed else ""


def _is_arguments(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Arguments)


def argument_unit(annotation: Any) -> str:
    """The unit of an argument, from `Meta(extra={"unit": ...})`; "1" when it has none."""
    if get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        for meta in get_args(annotation)[1:]:
            if isinstance(meta, msgspec.Meta) and meta.extra and "unit" in meta.extra:
                return str(meta.extra["unit"])
    return "1"

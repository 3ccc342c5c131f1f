"""What every kind of fault is made of: its parameters as fields, and what it does at its seam."""

import random
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Literal, Protocol

import msgspec

TargetKind = Literal["device", "line", "bus", "link", "node", "store", "world", "ground"]
TARGET_KINDS: tuple[TargetKind, ...] = (
    "device", "line", "bus", "link", "node", "store", "world", "ground",
)  # fmt: skip
Heal = Callable[[], None]


class Injection(Protocol):
    """One fault in a run, as its kind sees it."""

    @property
    def random(self) -> random.Random:
        """The fault's own stream: nobody else draws from it."""
        ...

    @property
    def active(self) -> bool:
        """Whether it has begun and is not healed."""
        ...

    @property
    def since(self) -> float:
        """When it began, s of mission time."""
        ...

    @property
    def target(self) -> str:
        """The name of its target."""
        ...

    @property
    def method(self) -> str | None:
        """What of the target it is limited to."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it is limited to; none: all that its kind can change."""
        ...

    @property
    def memory(self) -> dict[Any, Any]:
        """What its kind keeps from one call to the next."""
        ...

    def now(self) -> float:
        """Seconds of mission time."""
        ...

    def hit(self, where: str, before: Any = None, after: Any = None) -> None:
        """Journals that it has changed something."""

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """Calls `then` after a while, also when it is healed meanwhile."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs work of the fault, which ends with the run."""


class FaultKind(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """Base of all kinds. A kind acts on targets of one sort, named by `target`.

    `counted`: it acts on single calls, messages or frames, which can be counted and drawn. Such a
    kind is armed at its seam, and does what that asks of it; the others `begin`, and are healed.
    `one_process`: why it can only be where all computers are in one process; "" where it need not.
    """

    target: ClassVar[TargetKind]
    counted: ClassVar[bool] = False
    one_process: ClassVar[str] = ""

    @property
    def is_inside(self) -> bool:
        """Whether it is done by the very process of the computer that it is of."""
        return False

    @classmethod
    def name(cls) -> str:
        """As files call it."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def why_not(cls, part: Any) -> str:
        """Why it cannot be at a target of its sort (see `targets`), in words; "" when it can."""
        return ""

    def check(self, part: Any, method: str | None, fields: tuple[str, ...]) -> None:
        """Refuses parameters that have no meaning there; raises `NotAllowed`."""

    def begun(self, seam: Any, injection: Injection) -> Heal:
        """One that is counted has begun; what is returned is called when it is healed."""
        return lambda: None

    def begin(self, seam: Any, injection: Injection) -> Heal:
        """Begins at the seam of its target; what is returned heals."""
        raise NotImplementedError

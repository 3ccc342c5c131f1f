"""The kinds of wrong values."""

import math
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.kind import Injection
from sim_hw.faults.leaves import Leaf, collected, is_wanted, vectors_of
from sim_hw.faults.reading_kinds import NUMBERS, VALUES, Number, Share, ValueKind, leaves_of, whole

Index = Annotated[int, Meta(ge=0, le=63)]


class NotANumber(ValueKind, frozen=True, kw_only=True, tag="not_a_number"):
    """Numbers are NaN, the not-a-number of floating point, and said to be valid."""

    leaves: ClassVar[frozenset[Leaf]] = NUMBERS

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return math.nan


class Stuck(ValueKind, frozen=True, kw_only=True, tag="stuck"):
    """Values stay as they were told last, with fresh time stamps; with `value` they are that."""

    leaves: ClassVar[frozenset[Leaf]] = VALUES
    unasked: ClassVar[frozenset[Leaf]] = VALUES

    value: float | bool | str | None = None

    def check_fields(self, part: DevicePart, methods: list[str], fields: tuple[str, ...]) -> None:
        super().check_fields(part, methods, fields)
        if self.value is not None and not fields:
            raise NotAllowed("fields", "named where a value is given: which of them is that?")
        for field in fields:
            able = leaves_of(part, methods, field)
            if not able & _can_hold(self.value):
                nouns = sorted(leaf.value for leaf in able & self.leaves)
                raise NotAllowed("value", f"a {' or a '.join(nouns)}, which {field} is")

    def watch(self, where: str, kind: Any, plain: Any, injection: Injection) -> None:
        injection.memory[str(kind)] = collected(plain, kind)

    def told(self, where: str, kind: Any, plain: Any, injection: Injection) -> Any:
        injection.memory[""] = injection.memory.setdefault(str(kind), collected(plain, kind))
        return super().told(where, kind, plain, injection)

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        if self.value is None:
            return injection.memory[""].setdefault(path, value)
        match leaf:
            case Leaf.SWITCH:
                return bool(self.value)
            case Leaf.TEXT:
                return str(self.value)
        if isinstance(self.value, str):
            return value
        return whole(float(self.value), leaf)


def _can_hold(value: float | bool | str | None) -> frozenset[Leaf]:
    """The leaves that can have a value."""
    match value:
        case None:
            return VALUES
        case bool():
            return frozenset({Leaf.SWITCH})
        case str():
            return frozenset({Leaf.TEXT})
    return NUMBERS | {Leaf.COUNT} if float(value).is_integer() else NUMBERS


class Bias(ValueKind, frozen=True, kw_only=True, tag="bias"):
    """`offset` is added to each number."""

    offset: Number

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return whole(value + self.offset, leaf)


class Scale(ValueKind, frozen=True, kw_only=True, tag="scale"):
    """Each number is multiplied by `factor`."""

    factor: Annotated[float, Meta(ge=-1e6, le=1e6)]

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return whole(value * self.factor, leaf)


class Drift(ValueKind, frozen=True, kw_only=True, tag="drift"):
    """An error that grows from nothing by `per_second`, in the unit of the field."""

    per_second: Number

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return whole(value + self.per_second * (injection.now() - injection.since), leaf)


class Noise(ValueKind, frozen=True, kw_only=True, tag="noise"):
    """Random errors on each number: normal ones of standard deviation `sigma`, or even ones up to
    `sigma` to either side."""

    sigma: Annotated[float, Meta(ge=0.0, le=1e18)]
    shape: Literal["normal", "even"] = "normal"

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        draw = injection.random
        error = draw.gauss(0.0, 1.0) if self.shape == "normal" else draw.uniform(-1.0, 1.0)
        return whole(value + self.sigma * error, leaf)


class Spike(ValueKind, frozen=True, kw_only=True, tag="spike"):
    """Now and then (`probability` for each number told) a number is off by `size`, to either
    side."""

    size: Annotated[float, Meta(ge=0.0, le=1e18)]
    probability: Share = 0.1

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        if injection.random.random() >= self.probability:
            return value
        return whole(value + self.size * injection.random.choice((-1.0, 1.0)), leaf)


class Saturation(ValueKind, frozen=True, kw_only=True, tag="saturation"):
    """Numbers stop at `lowest` and `highest`."""

    lowest: Number = -1e18
    highest: Number = 1e18

    def __post_init__(self) -> None:
        if self.lowest > self.highest:
            raise NotAllowed(("lowest", "highest"), f"at most highest ({self.highest:g})")

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return whole(min(max(value, self.lowest), self.highest), leaf)


class Quantised(ValueKind, frozen=True, kw_only=True, tag="quantised"):
    """Numbers are told in whole steps of `step`."""

    step: Annotated[float, Meta(gt=0.0, le=1e18)]

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        if not math.isfinite(value):
            return value
        return whole(math.floor(value / self.step + 0.5) * self.step, leaf)


class OutOfRange(ValueKind, frozen=True, kw_only=True, tag="out_of_range"):
    """Numbers are `value`, which nothing can truly be."""

    value: Number = 1e12

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return whole(self.value, leaf)


class WrongButPlausible(ValueKind, frozen=True, kw_only=True, tag="wrong_but_plausible"):
    """Numbers are off by a share of themselves that is drawn once for each field, up to `share`
    and at least half of it; switches say the contrary."""

    leaves: ClassVar[frozenset[Leaf]] = frozenset({Leaf.NUMBER, Leaf.COUNT, Leaf.SWITCH})
    unasked: ClassVar[frozenset[Leaf]] = frozenset({Leaf.NUMBER, Leaf.SWITCH})

    share: Share = 0.2

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        if leaf is Leaf.SWITCH:
            return not value if self.share > 0.0 else value
        drawn = injection.memory.get(path)
        if drawn is None:
            draw = injection.random
            drawn = draw.uniform(0.5, 1.0) * draw.choice((-1.0, 1.0))
            injection.memory[path] = drawn
        return whole(value * (1.0 + self.share * drawn), leaf)


class SwappedSign(ValueKind, frozen=True, kw_only=True, tag="swapped_sign"):
    """Numbers have the other sign: a sensor that is mounted or wired the wrong way."""

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        return -value


class SwappedAxes(ValueKind, frozen=True, kw_only=True, tag="swapped_axes"):
    """Two items of each list of numbers stand in each other's place (counted from 0): axes of a
    sensor that is mounted or wired the wrong way."""

    first: Index = 0
    second: Index = 1

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise NotAllowed(("second", "first"), "another one than first")

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return [name for name, kind in part.types().items() if vectors_of(kind)]

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        types = part.types()
        return [n for n in super().usual(part) if n in cls.methods(part) and vectors_of(types[n])]

    @classmethod
    def lacking(cls) -> str:
        return "nothing to tell that has axes"

    def check_fields(self, part: DevicePart, methods: list[str], fields: tuple[str, ...]) -> None:
        types = part.types()
        found = {n: least for m in methods for n, least in vectors_of(types[m]).items()}
        for index, field in enumerate(fields):
            if field not in found:
                raise NotAllowed(f"fields[{index}]", choices_words(field, list(found), ""))
        beyond = max(self.first, self.second)
        chosen = [found[name] for name in fields or found]
        if chosen and all(beyond >= most for most in chosen):
            key = "first" if self.first == beyond else "second"
            raise NotAllowed(key, f"an integer below {max(chosen)}, which has so many axes")

    def told(self, where: str, kind: Any, plain: Any, injection: Injection) -> Any:
        changed: dict[str, Any] = {}
        for name in vectors_of(kind):
            axes = list(plain[name] or ())
            wanted = is_wanted(name, injection.fields)
            if wanted and max(self.first, self.second) < len(axes):
                one, other = axes[self.first], axes[self.second]
                if one != other:
                    axes[self.first], axes[self.second] = other, one
                    changed[name] = axes
        if changed:
            injection.hit(where, {name: plain[name] for name in changed}, changed)
        return plain | changed if changed else plain

"""Faults of values: a device answers, and what it says is wrong. The kinds are in `value_kinds`."""

import math
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from sim_hw.faults.device_call import DeviceCall, DevicePart, Pass, Proceed, tells_reading
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Injection
from sim_hw.faults.leaves import Leaf, changed, fields_of, leaves_at, leaves_in

Number = Annotated[float, Meta(ge=-1e18, le=1e18)]
"""In the unit of the field."""
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
NUMBERS = frozenset({Leaf.NUMBER})
VALUES = frozenset({Leaf.NUMBER, Leaf.COUNT, Leaf.SWITCH, Leaf.TEXT})


class ValueKind(DeviceKind, frozen=True, kw_only=True):
    """A fault of values: what is told arrives, and is wrong.

    `leaves`: what it can change; `unasked`: what it changes when no field is named.
    """

    leaves: ClassVar[frozenset[Leaf]] = frozenset({Leaf.NUMBER, Leaf.COUNT})
    unasked: ClassVar[frozenset[Leaf]] = NUMBERS

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return [n for n, kind in part.types().items() if leaves_in(kind, about=True) & cls.leaves]

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        return [
            name
            for name, kind in part.types().items()
            if leaves_in(kind) & cls.unasked
            and (tells_reading(kind) or not part.is_actuation(name))
        ]

    @classmethod
    def why_not(cls, part: DevicePart) -> str:
        return "" if cls.usual(part) else f"{part.service} has {cls.lacking()}"

    @classmethod
    def lacking(cls) -> str:
        return f"nothing to tell that is a {' or '.join(sorted(x.value for x in cls.unasked))}"

    def check_fields(self, part: DevicePart, methods: list[str], fields: tuple[str, ...]) -> None:
        if not fields and not any(m in self.usual(part) for m in methods):
            raise NotAllowed("fields", "named: what this method tells is not changed unasked")
        types = part.types()
        known = {name: leaves for m in methods for name, leaves in fields_of(types[m]).items()}
        fit = [name for name, leaves in known.items() if leaves & self.leaves]
        for index, field in enumerate(fields):
            first = field.partition(".")[0].partition("[")[0]
            if first not in fit:
                raise NotAllowed(f"fields[{index}]", choices_words(first, fit, ""))
            if not leaves_of(part, methods, field) & self.leaves:
                words = f"{first}, or a part that it has and that {self.name()} can change"
                raise NotAllowed(f"fields[{index}]", words)

    # -------------------------------------------------------------------- values

    def instead(self, value: Any, path: str, leaf: Leaf, injection: Injection) -> Any:
        """What is told instead of a value."""
        raise NotImplementedError

    def told(self, where: str, kind: Any, plain: Any, injection: Injection) -> Any:
        """What is told instead of plain data of a type."""
        wanted = injection.fields
        able = self.leaves if wanted else self.unasked
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}

        def change(value: Any, path: str, leaf: Leaf) -> Any:
            if leaf not in able:
                return value
            new = self.instead(value, path, leaf, injection)
            if not same(new, value):
                before[path], after[path] = value, new
            return new

        result = changed(plain, kind, wanted, change)
        if after:
            injection.hit(where, before, after)
        return result

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        plain = await proceed(arguments)
        return self.told(call.where, call.method.result, plain, injection)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        proceed(self.told(where, kind, plain, injection))


def leaves_of(part: DevicePart, methods: list[str], path: str) -> frozenset[Leaf]:
    """What lies at a path in what any of some methods or signals tells."""
    types = part.types()
    return frozenset().union(*(leaves_at(types[method], path) for method in methods))


def same(one: Any, other: Any) -> bool:
    """Whether two values are told alike; not a number is like itself."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and bool(one == other)


def whole(value: float, leaf: Leaf) -> float | int:
    """A number as its field holds it."""
    if leaf is not Leaf.COUNT or not math.isfinite(value):
        return value
    return round(value)

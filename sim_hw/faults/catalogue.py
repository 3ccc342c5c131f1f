"""All kinds of faults there are, and which of them can be at which target."""

import importlib.metadata
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from sim_hw.faults import (
    actuation_kinds,
    answer_kinds,
    bus_kinds,
    ground_kinds,
    line_kinds,
    link_kinds,
    node_kinds,
    spurious_kinds,
    store_kinds,
    value_kinds,
    world_kinds,
)
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.kind import FaultKind, TargetKind
from sim_hw.faults.own_kinds import own_kinds
from sim_hw.faults.targets import Targets

ENTRY_POINT = "threeforks.faults"
"""The group of entry points under which another package has kinds of its own: each names a subclass
of `FaultKind`, or a module of them."""

_MODULES = (
    value_kinds, answer_kinds, actuation_kinds, spurious_kinds, line_kinds, bus_kinds, link_kinds,
    node_kinds, store_kinds, world_kinds, ground_kinds,
)  # fmt: skip


def _kinds_in(module: Any) -> list[type[FaultKind]]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, FaultKind)
        and each.__module__ == module.__name__
        and each.name() != each.__name__  # that is what those are called that are only stood on
    ]


class Catalogue:
    """Kinds of faults by the sort of their target and their name."""

    def __init__(self, kinds: Iterable[type[FaultKind]]) -> None:
        self._kinds: dict[TargetKind, dict[str, type[FaultKind]]] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, kind: type[FaultKind]) -> None:
        """Takes a kind up; raises ValueError when there is one of that name for its target."""
        of_target = self._kinds.setdefault(kind.target, {})
        if kind.name() in of_target:
            raise ValueError(f"there are two kinds {kind.name()!r} of faults of a {kind.target}")
        of_target[kind.name()] = kind

    def kinds(self, target: TargetKind) -> Mapping[str, type[FaultKind]]:
        """The kinds for a sort of targets, by name."""
        return self._kinds.get(target, {})

    def of(self, target: TargetKind, part: Any) -> dict[str, type[FaultKind]]:
        """The kinds for a target: those for its sort, and those that it alone has."""
        own = own_kinds(part.device, self.kinds(target)) if isinstance(part, DevicePart) else {}
        return {**self.kinds(target), **own}

    def at(self, target: TargetKind, part: Any) -> dict[str, type[FaultKind]]:
        """The kinds that can be at a target."""
        return {name: k for name, k in self.of(target, part).items() if not k.why_not(part)}

    def matrix(self, targets: Targets) -> dict[tuple[TargetKind, str], dict[str, str]]:
        """Of each target, each kind for its sort: "" when it can be there, or why not."""
        return {
            (sort, name): {k.name(): k.why_not(part) for k in self.of(sort, part).values()}
            for sort, parts in targets.parts.items()
            for name, part in parts.items()
        }


def builtin_kinds() -> list[type[FaultKind]]:
    """The kinds of this package."""
    return [kind for module in _MODULES for kind in _kinds_in(module)]


def installed_kinds() -> list[type[FaultKind]]:
    """The kinds that other installed packages bring; raises TypeError for what is none."""
    found: list[type[FaultKind]] = []
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINT), key=lambda p: p.name):
        brought = point.load()
        kinds: list[Any] = [brought]
        if not isinstance(brought, type):
            kinds = _kinds_in(brought) if isinstance(brought, ModuleType) else []
        if not kinds or not all(issubclass(kind, FaultKind) for kind in kinds):
            raise TypeError(f"entry point {point.name} of {ENTRY_POINT} has no kind of fault")
        found += kinds
    return found


def catalogue() -> Catalogue:
    """All kinds of this package and of others that are installed."""
    return Catalogue([*builtin_kinds(), *installed_kinds()])

"""The catalogue: the matrix, kinds of others by their entry point, and the page made of it."""

import importlib.metadata
from typing import Any, ClassVar

import pytest

from ground.missions.mission import load_mission
from ground.reference.fault_page import PATH, fault_page
from ground.testbed.faults.connecting import targets_of
from sim_hw.faults import catalogue as module
from sim_hw.faults import value_kinds
from sim_hw.faults.catalogue import (
    ENTRY_POINT,
    Catalogue,
    builtin_kinds,
    catalogue,
    installed_kinds,
)
from sim_hw.faults.kind import TARGET_KINDS, FaultKind, TargetKind
from sim_hw.faults.reading_kinds import ValueKind
from sim_hw.faults.targets import Targets


@pytest.fixture(scope="module")
def targets() -> Targets:
    return targets_of(load_mission("nominal"))


class Upsidedown(ValueKind, frozen=True, kw_only=True, tag="upside_down"):
    """Somebody else's kind."""


class Point:
    """An entry point as another package declares it."""

    def __init__(self, brought: Any) -> None:
        self.name, self._brought = "others", brought

    def load(self) -> Any:
        return self._brought


def brought(monkeypatch: pytest.MonkeyPatch, thing: Any) -> None:
    def points(group: str) -> list[Point]:
        assert group == ENTRY_POINT
        return [Point(thing)]

    monkeypatch.setattr(importlib.metadata, "entry_points", points)


def test_no_parameter_of_a_kind_is_called_as_a_key_of_each_fault(targets: Targets) -> None:
    """In a file they stand beside each other: such a parameter could never be given."""
    taken = {*TARGET_KINDS, "id", "method", "kind", "fields", "when", "lasts"}
    every = catalogue()
    for sort, parts in targets.parts.items():
        for name, part in parts.items():
            for kind in every.of(sort, part).values():
                assert taken.isdisjoint(kind.__struct_fields__), (name, kind.name())


def test_every_kind_of_every_target_is_possible_or_has_its_reason(targets: Targets) -> None:
    matrix = catalogue().matrix(targets)
    assert {sort for sort, _ in matrix} == set(TARGET_KINDS)
    for (sort, name), kinds in matrix.items():
        assert kinds, f"nothing can be at {sort} {name}"
        for kind, why in kinds.items():
            assert why == "" or len(why.split()) >= 4, (name, kind, why)
    possible = sum(not why for kinds in matrix.values() for why in kinds.values())
    assert possible > 1800


def test_every_kind_can_be_somewhere_and_says_what_it_does(targets: Targets) -> None:
    matrix = catalogue().matrix(targets)
    for kind in builtin_kinds():
        at = [n for (sort, n), kinds in matrix.items() if sort == kind.target
              and kinds[kind.name()] == ""]  # fmt: skip
        assert at, kind.name()
        assert (kind.__doc__ or "").rstrip().endswith("."), kind.name()
        assert kind.name().islower()


def test_the_page_has_every_kind_and_every_target(targets: Targets) -> None:
    text = fault_page(Catalogue(builtin_kinds()), targets)[PATH]
    for kind in builtin_kinds():
        assert f"| `{kind.name()}` |" in text
    for sort in TARGET_KINDS:
        section = text.split(f"\n## {sort}\n")[1].split("\n## ")[0]
        assert all(name in section for name in targets.names(sort))


def test_a_kind_of_another_package_is_one_like_all_others(
    monkeypatch: pytest.MonkeyPatch, targets: Targets
) -> None:
    brought(monkeypatch, Upsidedown)
    assert installed_kinds() == [Upsidedown]
    assert catalogue().kinds("device")["upside_down"] is Upsidedown
    assert catalogue().matrix(targets)["device", "rover.battery"]["upside_down"] == ""


def test_a_module_of_kinds_is_brought_too(monkeypatch: pytest.MonkeyPatch) -> None:
    brought(monkeypatch, value_kinds)
    assert {kind.name() for kind in installed_kinds()} >= {"bias", "stuck"}
    brought(monkeypatch, module)
    with pytest.raises(TypeError, match="has no kind of fault"):
        installed_kinds()


@pytest.mark.parametrize("thing", [int, object()])
def test_what_is_no_kind_is_refused(monkeypatch: pytest.MonkeyPatch, thing: Any) -> None:
    brought(monkeypatch, thing)
    with pytest.raises(TypeError, match="has no kind of fault"):
        installed_kinds()


def test_two_kinds_of_one_name_are_refused() -> None:
    class Again(FaultKind, frozen=True, kw_only=True, tag="bias"):
        target: ClassVar[TargetKind] = "device"

    with pytest.raises(ValueError, match="two kinds 'bias' of faults of a device"):
        Catalogue([*builtin_kinds(), Again])

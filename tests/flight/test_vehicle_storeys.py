"""Each vehicle is declared below its skills (decision 0019).

Imports count wherever they stand, also under TYPE_CHECKING or in a function: so the text is
read. Vehicles are found by their folders: a new one is held to this without being named.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KERNEL = "core"  # its node.py is what all nodes are made from
VEHICLES = sorted(p.parent.name for p in (ROOT / "flight").glob("*/node.py"))
VEHICLES.remove(KERNEL)


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, at the top, in a function or under a condition alike."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (name.name for name in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module is not None:
            assert part.level == 0, "imports are absolute"
            yield part.module
            yield from (f"{part.module}.{name.name}" for name in part.names)


def inner_imports(folder: Path) -> dict[str, list[str]]:
    """Of each module of a package: the modules of the same package that it imports."""
    prefix = f"{folder.parent.name}.{folder.name}."
    files = sorted(folder.glob("*.py"))
    names = {file.stem for file in files}
    return {
        file.stem: sorted(
            {
                inner
                for name in imports(ast.parse(file.read_text()))
                if name.startswith(prefix) and (inner := name.removeprefix(prefix)) in names
            }
        )
        for file in files
    }


def above(graph: dict[str, list[str]], module: str) -> set[str]:
    """The modules that import a module, directly or through others."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        known = waiting.pop()
        new = [m for m, inner in graph.items() if known in inner and m not in found]
        found.update(new)
        waiting += new
    return found


def faults(folder: Path) -> list[str]:
    """What in a vehicle's package stands against its three storeys."""
    graph = inner_imports(folder)
    if "vehicle" not in graph:
        return ["there is no vehicle.py"]
    found = [f"{module} is in a circle" for module in graph if module in above(graph, module)]
    skills = above(graph, "vehicle") | {"node"}
    found += [f"vehicle imports the skill {name}" for name in graph["vehicle"] if name in skills]
    found += [f"{module} imports node" for module, inner in graph.items() if "node" in inner]
    for file in sorted(folder.glob("*.py")):
        for part in ast.walk(ast.parse(file.read_text())):
            if "TYPE_CHECKING" in (getattr(part, key, "") for key in ("id", "attr", "name")):
                found.append(f"{file.stem} imports what it hides")
            if isinstance(part, ast.arg) and part.arg == "node" and _is_any(part.annotation):
                found.append(f"{file.stem} has a node of any type")
    return found


def _is_any(annotation: ast.expr | None) -> bool:
    return annotation is None or ast.unparse(annotation) in ("Any", "typing.Any", "'Any'", "object")


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_a_vehicle_is_declared_below_its_skills(vehicle: str) -> None:
    assert faults(ROOT / "flight" / vehicle) == []


def test_no_flight_or_hardware_module_imports_the_node_of_a_vehicle() -> None:
    nodes = {f"flight.{vehicle}.node" for vehicle in VEHICLES}
    guilty = [
        str(file.relative_to(ROOT))
        for top in ("flight", "sim_hw")
        for file in sorted((ROOT / top).rglob("*.py"))
        if nodes & set(imports(ast.parse(file.read_text())))
    ]
    assert guilty == []


GOOD = {
    "data": "",
    "vehicle": "from flight.probe.data import LIMIT\n",
    "skill": "from flight.probe.vehicle import Probe\ndef work(node: Probe) -> None: ...\n",
    "node": "from flight.probe.skill import work\nfrom flight.probe.vehicle import Probe\n",
}


def written(tmp_path: Path, **changed: str) -> Path:
    folder = tmp_path / "flight" / "probe"
    folder.mkdir(parents=True)
    for name, text in {**GOOD, **changed}.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_three_storeys_are_no_fault(tmp_path: Path) -> None:
    assert faults(written(tmp_path)) == []


@pytest.mark.parametrize(
    ("module", "text", "fault"),
    [
        ("vehicle", "from flight.probe.skill import work\n", "vehicle imports the skill skill"),
        ("vehicle", "from flight.probe import skill\n", "vehicle imports the skill skill"),
        ("vehicle", "import flight.probe.node\n", "vehicle imports the skill node"),
        ("data", "def f():\n    from flight.probe.skill import work\n", "data is in a circle"),
        ("skill", "if True:\n    from flight.probe.node import Node\n", "skill imports node"),
        ("skill", "from typing import TYPE_CHECKING\n", "skill imports what it hides"),
        ("skill", "import typing\nif typing.TYPE_CHECKING: ...\n", "skill imports what it hides"),
        ("skill", "async def f(node: Any) -> None: ...\n", "skill has a node of any type"),
        ("skill", "def f(node) -> None: ...\n", "skill has a node of any type"),
    ],
)
def test_what_stands_against_them_is_found(
    tmp_path: Path, module: str, text: str, fault: str
) -> None:
    assert fault in faults(written(tmp_path, **{module: text}))


def test_a_vehicle_without_declarations_of_its_own_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "vehicle.py").unlink()
    assert faults(folder) == ["there is no vehicle.py"]

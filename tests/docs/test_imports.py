"""Who may import whom among the vehicles: found by folder, so that a new one is held to it as well.

What all vehicles stand on is held by the contracts in pyproject.toml.
"""

import grimp
import pytest

BELOW = ("configuration", "astrodynamics", "icd", "runtime", "core", "surface")
"""The rooms of `flight` that are no vehicle."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("flight")


@pytest.fixture(scope="module")
def vehicles(graph: grimp.ImportGraph) -> list[str]:
    rooms = {name.rpartition(".")[2] for name in graph.find_children("flight")}
    return sorted(rooms - set(BELOW) - {"configs"})


@pytest.fixture(scope="module")
def everything() -> grimp.ImportGraph:
    return grimp.build_graph("flight", "ground", "sim_hw", exclude_type_checking_imports=False)


def imports(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    return sorted(
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    )


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_the_vehicles_are_those_of_the_list(vehicles: list[str]) -> None:
    from ground.missions.vehicles import ALL_VEHICLES

    assert vehicles == sorted(ALL_VEHICLES)


def test_no_vehicle_imports_another(graph: grimp.ImportGraph, vehicles: list[str]) -> None:
    foreign = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if room_of(importer) in vehicles
        and room_of(imported) in vehicles
        and room_of(importer) != room_of(imported)
    ]
    assert foreign == []


def test_what_vehicles_stand_on_knows_none_of_them(
    graph: grimp.ImportGraph, vehicles: list[str]
) -> None:
    upward = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if room_of(importer) in BELOW and room_of(imported) in vehicles
    ]
    assert upward == []


def test_rooms_are_the_known_ones(graph: grimp.ImportGraph) -> None:
    rooms = {name.rpartition(".")[2] for name in graph.find_children("flight")}
    assert set(BELOW) <= rooms


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Modules that import each other in a circle, by whatever way."""
    found: dict[str, list[str]] = {}
    for module in graph.modules:
        ways_back = graph.find_downstream_modules(module) & graph.find_upstream_modules(module)
        if ways_back:
            circle = sorted(ways_back | {module})
            found[circle[0]] = circle
    return sorted(found.values())


def test_nothing_imports_itself_by_a_way_round(everything: grimp.ImportGraph) -> None:
    """Also not where only types are looked at, or late."""
    assert circles(everything) == []


def test_a_circle_is_found_where_it_is() -> None:
    graph = grimp.ImportGraph()
    for name in ("a", "b", "c", "d"):
        graph.add_module(name)
    graph.add_import(importer="a", imported="b")
    graph.add_import(importer="b", imported="c")
    graph.add_import(importer="c", imported="d")
    assert circles(graph) == []
    graph.add_import(importer="c", imported="a")
    assert circles(graph) == [["a", "b", "c"]]

"""Same seed, same bits, also on another Python: what adds floats does it alike everywhere.

Since Python 3.12 the builtin `sum` of floats is compensated, so that its last bits are others than
before. `math.fsum` is exact on all, a plain loop rounds alike on all.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IN_A_RUN = ("flight", "sim_hw", "ground")
OUTSIDE = (
    "ground/pictures", "ground/benchmarks", "ground/client", "ground/console", "ground/edge",
)  # fmt: skip
"""What they add is drawn or timed, and ends in no record."""

_VOTES = "votes of sensors, each true or false"
_FLIGHTS = "counts flights; `within_limits` of one flight is true or false"
_ROWS = "rows or bytes, counted"
COUNTS: dict[tuple[str, str], str] = {
    ("flight/core/custody/handover.py", "sum((evidence.present for evidence in seen))"): _VOTES,
    ("flight/entry/node.py", "sum([*bay.seated, bay.latched])"): _VOTES,
    ("flight/entry/sensing.py", "sum(votes)"): _VOTES,
    ("flight/lander/standing.py", "sum(state.loaded)"): _VOTES,
    ("flight/mav/custody.py", "sum(socket)"): _VOTES,
    ("flight/mav/node.py", "sum(state.seated)"): _VOTES,
    (
        "flight/perseverance/sample_handling.py",
        "sum((state.seated[slot] for state in states))",
    ): _VOTES,
    ("ground/commands/runs.py", "sum((each.size for each in found))"): _ROWS,
    (
        "ground/missions/kept_runs.py",
        "sum((found.st_size for inner, _, names in walked for found in _stats(names, inner)))",
    ): _ROWS,
    (
        "ground/mission_control/service/requests/alarms.py",
        "sum((each['unacknowledged'] for each in found))",
    ): _ROWS,
    ("ground/mission_control/views/changes.py", "sum(severities.values())"): _ROWS,
    (
        "ground/studies/landing_dispersions.py",
        "sum((r.within_limits and r.distance <= DISTANCE_AIM for r in results))",
    ): _FLIGHTS,
    ("ground/studies/landing_study.py", "sum((r.within_limits for r in results))"): _FLIGHTS,
    (
        "ground/studies/landing_study.py",
        "sum((r.within_limits and r.distance <= DISTANCE_AIM for r in results))",
    ): _FLIGHTS,
    ("ground/verification/rocket.py", "sum(STAGE_2_PARTS)"): "masses of a table; in no run",
}
"""Sums whose summands this reader cannot tell, and why they need no care: (file, text)."""

_WHOLE = {"int", "bool"}
_WHOLE_CALLS = {"len", "int", "bool", "isinstance", "any", "all", "ord", "hash"}
_HOLDERS = {"list", "tuple", "set", "frozenset", "Sequence", "Iterable", "Collection", "Iterator"}
_MAPS = {"dict", "Mapping", "MutableMapping"}


class Types:
    """Which attributes, functions and names of the project are annotated as whole numbers."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self._fields: dict[str, set[str]] = defaultdict(set)
        for node in (n for tree in trees for n in ast.walk(tree)):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                    self._fields[name].add(ast.unparse(kind))
                case ast.AnnAssign(target=ast.Attribute(attr=name), annotation=kind):
                    self._fields[name].add(ast.unparse(kind))
                case ast.FunctionDef(name=name, returns=kind) if kind is not None:
                    self._fields[name].add(ast.unparse(kind))
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    if ast.unparse(call.func) == "Channel" and call.args:
                        self._fields[name].add(ast.unparse(call.args[0]))

    def are(self, name: str, wanted: set[str]) -> bool:
        """Whether all that bear the name are annotated so; False when none is known."""
        return bool(self._fields.get(name)) and self._fields[name] <= wanted

    def held(self, name: str) -> set[str]:
        """The annotations of what bears the name."""
        return self._fields.get(name, set())


def float_sums(source: str, types: Types | None = None) -> list[str]:
    """Uses of the builtin `sum` in a source that may add floats, each as its text.

    An element counts as whole where that can be seen: a comparison, a literal, `len(...)`, a field
    or an argument annotated int or bool. All else may be a float.
    """
    tree = ast.parse(source)
    types = types or Types([tree])
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        *(
            ast.unparse(node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _is_sum(node.func)
            if not _adds_whole(node, types, _arguments_around(tree, node))
        ),
        # Handed on, as in map(sum, rows), nobody knows what it will add.
        *(ast.unparse(n) for n in ast.walk(tree) if _is_sum(n) and id(n) not in called),
    ]


def _is_sum(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="sum", ctx=ast.Load()):
            return True
        case ast.Attribute(attr="sum", value=ast.Name(id="builtins")):
            return True
    return False


def _arguments_around(tree: ast.Module, node: ast.AST) -> dict[str, str]:
    """Annotations of the arguments and locals of the function that holds a node."""
    found: dict[str, str] = {}
    for outer in ast.walk(tree):
        if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        inside = list(ast.walk(outer))
        if not any(each is node for each in inside):
            continue
        for argument in (*outer.args.posonlyargs, *outer.args.args, *outer.args.kwonlyargs):
            if argument.annotation is not None:
                found[argument.arg] = ast.unparse(argument.annotation)
        for each in inside:
            match each:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                    found[name] = ast.unparse(kind)
    return found


def _adds_whole(call: ast.Call, types: Types, names: dict[str, str]) -> bool:
    if len(call.args) > 1 and not _is_whole(call.args[1], types, names):
        return False
    if any(not _is_whole(keyword.value, types, names) for keyword in call.keywords):
        return False
    match call.args[0] if call.args else None:
        case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element):
            return _is_whole(element, types, names)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return all(_is_whole(each, types, names) for each in elements)
        case ast.Name(id=name) if name in names:
            return _holds_whole(names[name])
        case ast.Attribute(attr=name):
            return bool(types.held(name)) and all(map(_holds_whole, types.held(name)))
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="values")):
            return name in names and _holds_whole(names[name])
    return False


def _is_whole(node: ast.AST, types: Types, names: dict[str, str]) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int)
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(values=parts):
            return all(_is_whole(part, types, names) for part in parts)
        case ast.IfExp(body=body, orelse=other):
            return _is_whole(body, types, names) and _is_whole(other, types, names)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return _is_whole(left, types, names) and _is_whole(right, types, names)
        case ast.Starred(value=ast.Attribute(attr=name)):
            return bool(types.held(name)) and all(map(_holds_whole, types.held(name)))
        case ast.Call(func=ast.Name(id=name)):
            return name in _WHOLE_CALLS or types.are(name, _WHOLE)
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Attribute(attr=name):
            return types.are(name, _WHOLE)
        case ast.Name(id=name) if name in names:
            return names[name] in _WHOLE
        case ast.Subscript(value=ast.Name(id=name)) if name in names:
            return _holds_whole(names[name])
        case ast.Subscript(value=ast.Attribute(attr=name)):
            return bool(types.held(name)) and all(map(_holds_whole, types.held(name)))
    return False


def _holds_whole(annotation: str) -> bool:
    """Whether an annotation is one of a collection of whole numbers (of a map: its values)."""
    kind = ast.parse(annotation.strip("'\""), mode="eval").body
    if not isinstance(kind, ast.Subscript):
        return False
    inner = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
    of = ast.unparse(kind.value)
    if of in _MAPS:
        inner = inner[1:]
    elif of not in _HOLDERS:
        return False
    return all(
        (isinstance(each, ast.Constant) and each.value is ...) or ast.unparse(each) in _WHOLE
        for each in inner
    )


def _sources() -> Iterator[tuple[str, str]]:
    for folder in IN_A_RUN:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_no_builtin_sum_adds_floats() -> None:
    sources = dict(_sources())
    types = Types([ast.parse(text) for text in sources.values()])
    found = {
        (path, use)
        for path, text in sources.items()
        if not path.startswith(OUTSIDE) and "sum" in text
        for use in float_sums(text, types)
    }
    assert found - COUNTS.keys() == set(), "use math.fsum, or a loop"
    assert COUNTS.keys() - found == set(), "no longer there, or now understood"


@pytest.mark.parametrize(
    "source",
    [
        "sum([0.1, 0.2])",
        "sum(x * x for x in line)",
        "def f(parts: list[float]):\n    return sum(parts)",
        "def f(parts: dict[str, float]):\n    return sum(parts.values())",
        "sum((1, 2), 0.0)",
        "sum((1, 2), start=0.5)",
        "sum(len(part) / 2 for part in parts)",
        "rows = list(map(sum, table))",
        "import builtins\nbuiltins.sum(parts)",
        "class A:\n    mass: float\ndef f(all):\n    return sum(a.mass for a in all)",
        # Two fields of one name, of which one is a float: it cannot be told which is meant.
        "class A:\n    n: int\nclass B:\n    n: float\ndef f(b):\n    return sum(a.n for a in b)",
        "sum(a.unheard_of for a in all)",
    ],
)
def test_a_sum_that_may_be_of_floats_is_found(source: str) -> None:
    assert len(float_sums(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "sum(1 for _ in rows)",
        "sum(row.time > 3.0 for row in rows)",
        "sum(len(row) for row in rows)",
        "def f(votes: list[bool]):\n    return sum(votes)",
        "def f(votes: dict[str, bool]):\n    return sum(votes.values())",
        "class A:\n    n: int\ndef f(all):\n    return sum(a.n for a in all)",
        "import math\nmath.fsum([0.1])",
        "array.sum()",
    ],
)
def test_a_sum_of_whole_numbers_is_left_alone(source: str) -> None:
    assert float_sums(source) == []

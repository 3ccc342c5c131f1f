"""Sharp single-place changes of Python code, each of which some test ought to notice.

Beside what mutation tools do (comparisons, constants, dropped statements) these reach into
decorators and tables, where much of a vehicle is written: a guard or a transition less, a command
allowed in more states, a limit moved by one unit in the last place or by a hundredth.
"""

import ast
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

COMPARED = {
    ast.Lt: (ast.LtE(), "< to <="),
    ast.LtE: (ast.Lt(), "<= to <"),
    ast.Gt: (ast.GtE(), "> to >="),
    ast.GtE: (ast.Gt(), ">= to >"),
    ast.Eq: (ast.NotEq(), "== to !="),
    ast.NotEq: (ast.Eq(), "!= to =="),
    ast.Is: (ast.IsNot(), "is to is not"),
    ast.IsNot: (ast.Is(), "is not to is"),
    ast.In: (ast.NotIn(), "in to not in"),
    ast.NotIn: (ast.In(), "not in to in"),
}
CALCULATED = {
    ast.Add: (ast.Sub(), "+ to -"),
    ast.Sub: (ast.Add(), "- to +"),
    ast.Mult: (ast.Div(), "* to /"),
    ast.Div: (ast.Mult(), "/ to *"),
}
TURNED = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
WIDENING = (
    "allowed_in", "guard", "hazard", "ge", "le", "gt", "lt", "min_length", "max_length", "priority",
    "urgent", "restart", "yellow", "red", "critical", "planned", "owner",
)  # fmt: skip
"""Keywords whose removal admits more than was meant, or takes away what was meant."""
NAMED = (ast.Name, ast.Attribute)
EITHER_WAY = ("add", "angle_between", "dist", "dot", "hypot", "max", "min")
"""Functions that mind no order of what they are given."""
TABLES = ("transitions", "ignored", "children")
"""Keywords that hold tables of a statechart, of which a row can be dropped."""


@dataclass(frozen=True)
class Mutant:
    """A change: the source text between two offsets (characters) gives way to another."""

    line: int
    start: int
    end: int
    text: str
    what: str

    def apply(self, source: str) -> str:
        """The changed source."""
        return source[: self.start] + self.text + source[self.end :]


class _Places:
    """Offsets of nodes in a source text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = source.splitlines()

    def offset(self, line: int, column: int) -> int:
        """Of a line (from 1) and a column in bytes."""
        text = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(text)

    def mutant(self, node: ast.AST, text: str, what: str) -> Mutant:
        """`node` gives way to `text`."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return Mutant(node.lineno, start, end, text, what)  # type: ignore[attr-defined]


def mutants(source: str) -> list[Mutant]:
    """All changes of a source text, in order of place."""
    tree = ast.parse(source)
    places = _Places(source)
    chosen = _members(tree)
    found: dict[tuple[int, int, str], Mutant] = {}
    for node in _walk(tree):
        for mutant in (*_of(node, places), *_swapped(node, places, chosen)):
            found.setdefault((mutant.start, mutant.end, mutant.text), mutant)
    return [found[key] for key in sorted(found)]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node, save what stands in texts to be read by people."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield child
            yield from _walk(child)


def _members(tree: ast.Module) -> dict[str, list[str]]:
    """Members of each enumeration that the source names, as `Rung.ACCEPTED`."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_member(node):
            found.setdefault(ast.unparse(node.value), set()).add(node.attr)
    return {name: sorted(members) for name, members in found.items()}


def _is_member(node: ast.Attribute) -> bool:
    return (
        isinstance(node.value, ast.Name)
        and node.attr.isupper()
        and not node.value.id.isupper()
        and node.value.id[0].isupper()
    )


def _swapped(node: ast.AST, places: _Places, chosen: dict[str, list[str]]) -> Iterator[Mutant]:
    if isinstance(node, ast.Attribute) and _is_member(node):
        others = chosen[ast.unparse(node.value)]
        other = others[(others.index(node.attr) + 1) % len(others)]
        if other != node.attr:
            changed = f"{ast.unparse(node.value)}.{other}"
            yield places.mutant(node, changed, f"{node.attr} to {other}")


def _of(node: ast.AST, places: _Places) -> Iterator[Mutant]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from _compared(node, places)
    elif isinstance(node, ast.BinOp) and type(node.op) in CALCULATED:
        operator, what = CALCULATED[type(node.op)]
        changed = ast.BinOp(node.left, operator, node.right)
        yield places.mutant(node, f"({ast.unparse(changed)})", what)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        changed_op = ast.unparse(ast.BoolOp(other, node.values))
        yield places.mutant(node, f"({changed_op})", "and to or, or back")
        for part in node.values:
            rest = [each for each in node.values if each is not part]
            left = ast.unparse(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
            yield places.mutant(node, f"({left})", f"dropped {ast.unparse(part)[:60]}")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield places.mutant(node, f"({ast.unparse(node.operand)})", "not dropped")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield places.mutant(node, f"({ast.unparse(node.operand)})", "sign dropped")
    elif isinstance(node, ast.Constant):
        yield from _constant(node, places)
    elif isinstance(node, ast.If | ast.While):
        yield places.mutant(node.test, "False", "branch never taken")
        if isinstance(node, ast.If):
            yield places.mutant(node.test, "True", "branch always taken")
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
        yield places.mutant(node, "pass", "call dropped")
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        yield places.mutant(node, "pass", "assignment dropped")
    elif isinstance(node, ast.Raise):
        yield places.mutant(node, "pass", "raise dropped")
    elif isinstance(node, ast.AugAssign):
        yield places.mutant(node, "pass", "step dropped")
    elif isinstance(node, ast.Call):
        yield from _of_call(node, places)


def _constant(node: ast.Constant, places: _Places) -> Iterator[Mutant]:
    value = node.value
    if isinstance(value, bool):
        yield places.mutant(node, repr(not value), f"{value} to {not value}")
    elif isinstance(value, int):
        yield places.mutant(node, repr(value + 1), "constant + 1")
        if value > 1:
            yield places.mutant(node, repr(value - 1), "constant - 1")
    elif isinstance(value, float):
        changed = value * 1.01 if value else 1.0
        yield places.mutant(node, repr(changed), "constant + 1 %" if value else "zero to one")


def _compared(node: ast.Compare, places: _Places) -> Iterator[Mutant]:
    operator, what = COMPARED[type(node.ops[0])]
    right = node.comparators[0]
    changed = ast.Compare(node.left, [operator], [right])
    yield places.mutant(node, f"({ast.unparse(changed)})", what)
    if isinstance(right, ast.Constant) and isinstance(right.value, float):
        moved = math.nextafter(right.value, math.inf)
        yield places.mutant(right, repr(moved), "limit + 1 ulp")


def _of_call(node: ast.Call, places: _Places) -> Iterator[Mutant]:
    if isinstance(node.func, ast.Name) and node.func.id in TURNED:
        changed = ast.Call(ast.Name(TURNED[node.func.id]), node.args, node.keywords)
        yield places.mutant(node, ast.unparse(changed), f"{node.func.id} to its opposite")
    name = ast.unparse(node.func).split(".")[-1]
    for here, there in itertools.pairwise(node.args if name not in EITHER_WAY else []):
        if isinstance(here, NAMED) and isinstance(there, NAMED):
            turned = {here: there, there: here}
            changed = ast.Call(node.func, [turned.get(a, a) for a in node.args], node.keywords)
            if ast.unparse(changed) != ast.unparse(node):
                yield places.mutant(node, ast.unparse(changed), "arguments swapped")
    for keyword in node.keywords:
        if keyword.arg in WIDENING:
            rest = [k for k in node.keywords if k is not keyword]
            changed = ast.Call(node.func, node.args, rest)
            yield places.mutant(node, ast.unparse(changed), f"{keyword.arg} dropped")
        elif keyword.arg in TABLES and isinstance(keyword.value, ast.List | ast.Tuple):
            for element in keyword.value.elts:
                yield places.mutant(element, "*()", f"dropped {ast.unparse(element)[:60]}")
        if keyword.arg == "transitions" and isinstance(keyword.value, ast.List | ast.Tuple):
            yield from _reordered(keyword.value, places)


def _reordered(table: ast.List | ast.Tuple, places: _Places) -> Iterator[Mutant]:
    """Two rows in the other order: the first that fits is taken."""
    for number, (here, there) in enumerate(itertools.pairwise(table.elts)):
        rows = [*table.elts[:number], there, here, *table.elts[number + 2 :]]
        text = f"[{', '.join(map(ast.unparse, rows))}]"
        what = f"{ast.unparse(there)[:60]} before the one above"
        yield replace(places.mutant(table, text, what), line=here.lineno)

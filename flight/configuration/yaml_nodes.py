"""YAML files as nodes that know their line: composed, freed of duplicates, made plain."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from flight.configuration.allowed_values import one_line, value_text
from flight.configuration.outside_files import UnfitFile, read_outside

LARGEST_FILE = 400_000
"""Bytes; twenty times the largest that there is."""
MOST_NODES = 50_000
"""Values of a file, each as often as it is named; twenty-five times the most that there are."""
_DEPTH_LIMIT = 50
_TOO_DEEP = f"the file is nested too deeply: allowed are {_DEPTH_LIMIT} levels"


COMMAND_LINE = "command line"
"""What stands for the file where a person has typed what is refused."""


class ConfigurationError(Exception):
    """A configuration that cannot be used; its text names the place, the value, the allowed.

    `file` is the path as shown, `line` counts from 1 (None: the whole file), `key` is the path
    of keys such as `tubes[2].mass` (empty: the whole document), `problem` what is wrong there.
    """

    def __init__(self, file: str, line: int | None, key: str, problem: str) -> None:
        self.file, self.line, self.key, self.problem = file, line, key, problem
        place = file if line is None else f"{file}:{line}"
        # What a person typed has no line to look at: its name is all that says where.
        named = key.startswith("--") or (key and file == COMMAND_LINE)
        option = f"{key} " if named else ""
        super().__init__(f"{place}: {option}{problem}")


NULL, _BOOL, _INT, _FLOAT, _STR = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str")
)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes by YAML 1.2's core schema: `on`, `010`, `12:30`, dates are not converted."""

    yaml_implicit_resolvers: ClassVar[dict[str | None, list[tuple[str, re.Pattern[str]]]]] = {}


for _tag, _pattern, _first in (
    (NULL, r"^(?:~|null|)$", ["~", "n", ""]),
    (_BOOL, r"^(?:true|false)$", ["t", "f"]),
    (_INT, r"^[-+]?[0-9]+$", list("-+0123456789")),
    (
        _FLOAT,
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)

_SCALARS: dict[str, Callable[[str], object]] = {
    NULL: lambda text: None,
    _BOOL: {"true": True, "false": False}.__getitem__,
    _INT: int,
    _FLOAT: lambda text: float(re.sub(r"\.(?=[a-zA-Z])", "", text)),  # ".inf" to "inf"
    _STR: str,
}


class NodeReader:
    """The nodes of one file; keeps its name for messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def refuse(self, node: yaml.Node, key: str, problem: str) -> ConfigurationError:
        return ConfigurationError(self.file, node.start_mark.line + 1, key, problem)

    def refuse_value(
        self, node: yaml.Node, key: str, allowed: str, value: object = ...
    ) -> ConfigurationError:
        shown = node_text(node) if value is ... else value_text(value)
        return self.refuse(node, key, f"{key or 'the document'} = {shown}: allowed is {allowed}")

    def compose(self, path: Path) -> yaml.Node:
        try:
            node = yaml.compose(self._text(path), Loader=_Loader)
            if node is not None:
                self._check_size(node, "", set(), {})
        except OSError as error:
            problem = f"the file cannot be read: {error.strerror}"
            raise ConfigurationError(self.file, None, "", problem) from None
        except UnicodeDecodeError:
            raise ConfigurationError(self.file, None, "", "the file is not UTF-8 text") from None
        except yaml.reader.ReaderError as error:  # of a character, not of what is written with it
            above = self._text(path)[: error.position].count("\n")
            problem = f"this is not YAML: the character U+{error.character:04X} is no text"
            raise ConfigurationError(self.file, above + 1, "", problem) from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            problem = getattr(error, "problem", None) or str(error)
            if "nesting depth" in problem:  # PyYAML's own guard, from 6.0.4 on
                raise ConfigurationError(self.file, line, "", _TOO_DEEP) from None
            raise ConfigurationError(self.file, line, "", f"this is not YAML: {problem}") from None
        except RecursionError:
            raise ConfigurationError(self.file, None, "", _TOO_DEEP) from None
        if node is None:
            raise ConfigurationError(self.file, None, "", "the file is empty")
        return node

    def _text(self, path: Path) -> str:
        """What the file says; refuses one that is not regular, unopened, and one too large."""
        try:
            return read_outside(path, LARGEST_FILE, "a file of YAML").decode("utf-8")
        except UnfitFile as error:
            raise ConfigurationError(self.file, None, "", str(error)) from None

    def _check_size(self, node: yaml.Node, key: str, above: set[int], sizes: dict[int, int]) -> int:
        """How many values a node stands for, each alias counted as all that it names.

        Refuses too many, and an alias of what it stands in: reading that would have no end.
        `above`: the nodes around it; `sizes`: of those that are known.
        """
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in above:
            problem = f"{key} is an alias of what it stands in: allowed is one of something else"
            raise self.refuse(node, key, problem)
        above.add(id(node))
        size = 1
        for inner, path in _children(node, key):
            size += self._check_size(inner, path, above, sizes)
            if size > MOST_NODES:
                problem = f"{path or 'the document'}: the file holds too many values, each alias "
                problem += f"counted as what it names: allowed are {MOST_NODES}"
                raise self.refuse(inner, path, problem)
        above.remove(id(node))
        sizes[id(node)] = size
        return size

    # -------------------------------------------------------------- nodes to plain values

    def entries(self, node: yaml.MappingNode, key: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Key and value node by key text; a key given twice or not a scalar is refused."""
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.refuse(key_node, key, f"{key or 'the document'}: a key must be a text")
            name = key_node.value
            if name in found:
                first = found[name][0].start_mark.line + 1
                path = join(key, name)
                problem = f"{path} is given twice (first on line {first}): allowed is once"
                raise self.refuse(key_node, path, problem)
            found[name] = (key_node, value_node)
        return found

    def plain(self, node: yaml.Node, key: str, depth: int = 0) -> Any:
        """What a node says, without regard to a type."""
        if depth > _DEPTH_LIMIT:
            raise self.refuse(node, key, f"{key} lies deeper than {_DEPTH_LIMIT} levels")
        if isinstance(node, yaml.MappingNode):
            return {
                name: self.plain(value, join(key, name), depth + 1)
                for name, (_, value) in self.entries(node, key).items()
            }
        if isinstance(node, yaml.SequenceNode):
            return [
                self.plain(item, f"{key}[{index}]", depth + 1)
                for index, item in enumerate(node.value)
            ]
        if node.tag not in _SCALARS:
            raise self.refuse(node, key, f"{key}: the tag {node.tag} is not known: allowed is none")
        try:
            value = _SCALARS[node.tag](node.value)
        except (ValueError, KeyError):
            raise self.refuse_value(node, key, "a value that its tag permits") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self.refuse_value(node, key, "a finite number")
        return value


def _children(node: yaml.Node, key: str) -> list[tuple[yaml.Node, str]]:
    """The nodes right below one, each with its path of keys."""
    if isinstance(node, yaml.SequenceNode):
        return [(item, f"{key}[{index}]") for index, item in enumerate(node.value)]
    inner = [(value, join(key, str(name.value))) for name, value in node.value]
    return [*((name, key) for name, _ in node.value), *inner]


def node_text(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        is_text = node.tag == _STR
        return value_text(node.value) if is_text else one_line(node.value) or "nothing"
    count = len(node.value)
    noun = "mapping" if isinstance(node, yaml.MappingNode) else "list"
    return f"a {noun} of {count}"


def join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def shown_path(path: Path) -> str:
    """The path as a person would type it: from the working folder, if it lies below."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)

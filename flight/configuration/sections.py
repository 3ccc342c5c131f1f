"""Parts of a file that are read key by key, for forms that no single type describes.

Each part knows its file, its line and the path of keys that leads to it, so that whoever reads it
can refuse with all of them.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, NodeTypeReader
from flight.configuration.yaml_nodes import join, shown_path

T = TypeVar("T")


class Section:
    """One value of a YAML file: a mapping, a list, or a scalar."""

    def __init__(self, reader: NodeTypeReader, node: yaml.Node, key: str) -> None:
        self.key = key
        self._reader = reader
        self._node = node

    @property
    def file(self) -> str:
        """The file as it is shown."""
        return self._reader.file

    @property
    def line(self) -> int:
        """Where it begins, from 1."""
        return int(self._node.start_mark.line) + 1

    # ------------------------------------------------------------- going down

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it has items."""
        return isinstance(self._node, yaml.SequenceNode)

    def entries(self) -> dict[str, "Section"]:
        """What stands at each key; raises ConfigurationError when it is no mapping."""
        if not isinstance(self._node, yaml.MappingNode):
            raise self.refuse_value("a mapping")
        return {
            name: Section(self._reader, value, join(self.key, name))
            for name, (_, value) in self._reader.entries(self._node, self.key).items()
        }

    def items(self) -> list["Section"]:
        """The items of a list; raises ConfigurationError when it is none."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.refuse_value("a list")
        return [
            Section(self._reader, item, f"{self.key}[{index}]")
            for index, item in enumerate(self._node.value)
        ]

    def get(self, name: str) -> "Section | None":
        """What stands at a key; None when the file does not give it."""
        return self.entries().get(name)

    def at(self, name: str, allowed: str = "") -> "Section":
        """The same; a missing key is refused."""
        found = self.get(name)
        if found is None:
            path = join(self.key, name)
            problem = f"{path} is missing" + (f": allowed is {allowed}" if allowed else "")
            raise ConfigurationError(self.file, self.line, path, problem)
        return found

    def only(self, known: Collection[str], required: Iterable[str] = ()) -> None:
        """Refuses keys that are not known, and the lack of those that are required."""
        for name, value in self.entries().items():
            if name not in known:
                problem = f"{value.key} is not a known key: {choices_words(name, list(known))}"
                raise value.refuse(problem)
        for name in required:
            self.at(name)

    def without(self, names: Collection[str]) -> "Section":
        """The same mapping without some of its keys."""
        self.entries()
        node = self._node
        kept = [(key, value) for key, value in node.value if key.value not in names]
        copy = yaml.MappingNode(node.tag, kept, node.start_mark, node.end_mark)
        return Section(self._reader, copy, self.key)

    def overlaid(self, other: "Section") -> "Section":
        """The same mapping with what another one says in place of its own; each keeps its line."""
        own, more = self.entries(), other.entries()
        assert isinstance(other._node, yaml.MappingNode)
        kept = [
            (key, value) for key, value in self._node.value if key.value in own.keys() - more.keys()
        ]
        pairs = [*kept, *other._node.value]
        node = yaml.MappingNode(
            self._node.tag, pairs, self._node.start_mark, self._node.end_mark
        )
        return Section(self._reader, node, self.key)

    def with_value(self, path: str, value: Any) -> "Section":
        """The same with another value at a path such as `faults[0].lasts`, or with one more key.

        What a refusal tells of it is the place of what it stands for. Raises KeyError when the path
        leads nowhere.
        """
        parts = re.findall(r"[^.\[\]]+", path)
        return Section(self._reader, _replaced(self._node, parts, value), self.key)

    # ---------------------------------------------------------------- reading

    def read(self, kind: type[T]) -> T:
        """It as a `kind`, as `load_configuration` reads a file; raises ConfigurationError."""
        return cast(T, self._reader.read(self._node, kind, self.key))

    def plain(self) -> Any:
        """What it says, without regard to a type."""
        return self._reader.plain(self._node, self.key)

    # --------------------------------------------------------------- refusing

    def refuse(self, problem: str) -> ConfigurationError:
        """The refusal of it, with a sentence."""
        return self._reader.refuse(self._node, self.key, problem)

    def refuse_value(self, allowed: str) -> ConfigurationError:
        """The refusal of its value; says what was allowed."""
        return self._reader.refuse_value(self._node, self.key, allowed)


def _replaced(node: yaml.Node, parts: list[str], value: Any) -> yaml.Node:
    """A copy of a node with another value below it."""
    if not parts:
        made = yaml.representer.SafeRepresenter().represent_data(value)
        return _placed(made, node)
    first, rest = parts[0], parts[1:]
    if isinstance(node, yaml.SequenceNode) and first.isdecimal() and int(first) < len(node.value):
        items = list(node.value)
        items[int(first)] = _replaced(items[int(first)], rest, value)
        return yaml.SequenceNode(node.tag, items, node.start_mark, node.end_mark)
    if not isinstance(node, yaml.MappingNode):
        raise KeyError(first)
    pairs = [(k, _replaced(v, rest, value) if k.value == first else v) for k, v in node.value]
    if all(key.value != first for key, _ in node.value):
        if rest:
            raise KeyError(first)
        key = _placed(yaml.representer.SafeRepresenter().represent_data(first), node)
        pairs.append((key, _replaced(node, [], value)))
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)


def _placed(made: yaml.Node, at: yaml.Node) -> yaml.Node:
    """A node that was made, and all in it, at the place of another."""
    made.start_mark, made.end_mark = at.start_mark, at.end_mark
    if isinstance(made, yaml.SequenceNode):
        for item in made.value:
            _placed(item, at)
    elif isinstance(made, yaml.MappingNode):
        for key, item in made.value:
            _placed(key, at)
            _placed(item, at)
    return made


def load_section(path: Path | str) -> Section:
    """The whole of a YAML file; raises ConfigurationError when it is none."""
    reader = NodeTypeReader(shown_path(Path(path)))
    return Section(reader, reader.compose(Path(path)), "")

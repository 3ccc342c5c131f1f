"""Configuration files: YAML in, typed and checked values out.

A file is read against a type, usually a `msgspec.Struct`. What does not fit is refused with a
sentence that names file, line, key and value and says what is allowed; nothing is guessed.

A physical parameter declares its unit and range in the type, and the file repeats the unit and
gives the source of the figure:

    class Wheels(msgspec.Struct, frozen=True):
        radius: Annotated[float, Quantity(unit="m", gt=0, le=1)]

    radius: {value: 0.2, unit: m, source: "scaled from the MER wheel"}

The code then gets the plain float. Fields without a `Quantity` hold plain values. Relations
between fields belong in `__post_init__`: a `NotAllowed` that names the field at fault and what it
may be, or, when no single one is at fault, a `ValueError` whose text is a sentence.

The YAML is version 1.2's core schema: `on` and `12:30` are texts, `1e3` is a number.
"""

import re
import types
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
import yaml
from msgspec.structs import FieldInfo

import flight
from flight.configuration.allowed_values import (
    AMOUNT,
    UNIT,
    allowed_words,
    choices_words,
    msgspec_words,
    one_of,
    value_text,
)
from flight.configuration.amounts import read_amount
from flight.configuration.yaml_nodes import NULL, ConfigurationError, NodeReader, join, shown_path

__all__ = [
    "ConfigurationError",
    "NotAllowed",
    "Quantity",
    "QuantityEntry",
    "configs_folder",
    "find_configuration",
    "load_configuration",
    "load_part",
    "quantities",
    "refusal",
    "refusal_of_relation",
]

T = TypeVar("T")


def Quantity(
    unit: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> msgspec.Meta:
    """Annotation of a field that is given as `{value, unit, source}`; `"1"`: dimensionless.

    The file must name exactly this unit, and where the figure comes from.
    """
    limits: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return msgspec.Meta(**limits, extra={UNIT: unit})


class NotAllowed(ValueError):
    """A value that does not go with others; raised in `__post_init__`, or by a check of its kind.

    `keys`: paths of the values that may be at fault, the likeliest first; the first that the file
    gives is refused. `allowed`: what it may be, such as "less than lift_off_mass (400 kg)".
    """

    def __init__(self, keys: str | Sequence[str], allowed: str) -> None:
        self.keys = (keys,) if isinstance(keys, str) else tuple(keys)
        self.allowed = allowed
        super().__init__(f"{self.keys[0]}: allowed is {allowed}")


@dataclass(frozen=True)
class QuantityEntry:
    """One quantity as a file gives it, for tables of parameters."""

    key: str
    value: object
    unit: str
    source: str
    line: int


def configs_folder() -> Path:
    """The folder of the configurations: in a checkout at its top, installed inside `flight`.

    Raises ConfigurationError if neither is there.
    """
    package = Path(flight.__file__).resolve().parent
    for folder in (package / "configs", package.parent / "configs"):
        if folder.is_dir():
            return folder
    raise ConfigurationError(
        str(package.parent / "configs"), None, "", "there is no folder of configurations"
    )


def find_configuration(folder: str, name: str, key: str = "") -> Path:
    """The file that `name` means: a path to a YAML file, or a name in `configs/<folder>`.

    `key`: that the files of this kind have at their top, where others lie beside them. Raises
    ConfigurationError with the names that there are.
    """
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    home = configs_folder() / folder
    path = home / f"{name}.yaml"
    names = sorted(file.stem for file in home.glob("*.yaml") if not key or _has(file, key))
    if name not in names:
        problem = f"there is no {name!r} in {folder}: {choices_words(name, names)}"
        raise ConfigurationError(shown_path(path), None, "", problem)
    return path


def _has(file: Path, key: str) -> bool:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.startswith(f"{key}:") for line in lines)


def load_configuration(path: Path | str, kind: type[T]) -> T:
    """Read the YAML file at `path` as a `kind`.

    Raises ConfigurationError at the first thing that is missing, unknown or not allowed.
    """
    reader = NodeTypeReader(shown_path(Path(path)))
    return cast(T, reader.read(reader.compose(Path(path)), kind, ""))


def load_part(path: Path | str, keys: Sequence[str], kind: type[T]) -> T:
    """Read what stands below `keys` of the file at `path` as a `kind`; an empty mapping where the
    file gives nothing there. Raises ConfigurationError."""
    reader = NodeTypeReader(shown_path(Path(path)))
    node: yaml.Node = reader.compose(Path(path))
    for key in keys:
        entries = reader.entries(node, key) if isinstance(node, yaml.MappingNode) else {}
        given = key in entries
        node = entries[key][1] if given else yaml.MappingNode("", [], node.start_mark)
    return cast(T, reader.read(node, kind, ".".join(keys)))


def quantities(path: Path | str, kind: type) -> list[QuantityEntry]:
    """Every quantity that the file at `path` gives, in its order; raises as the load does."""
    reader = NodeTypeReader(shown_path(Path(path)))
    reader.read(reader.compose(Path(path)), kind, "")
    return reader.quantities


def refusal_of_relation(path: Path | str, key: str, error: NotAllowed) -> ConfigurationError:
    """The refusal of values below `key` of a file that do not go with others."""
    reader = NodeTypeReader(shown_path(Path(path)))
    node: yaml.Node | None = reader.compose(Path(path))
    if node is not None and key:
        node = reader.find(node, key)
    if not isinstance(node, yaml.MappingNode):
        problem = f"{join(key, error.keys[0])}: allowed is {error.allowed}"
        return ConfigurationError(reader.file, None, key, problem)
    return reader.refuse_relation(node, key, error)


def refusal(path: Path | str, key: str, allowed: str) -> ConfigurationError:
    """The refusal of what stands at `key` of a file, for checks that need more than its type."""
    reader = NodeTypeReader(shown_path(Path(path)))
    node = reader.compose(Path(path))
    parts = re.findall(r"[^.\[\]]+", key)
    while parts:
        if isinstance(node, yaml.SequenceNode) and parts[0].isdecimal():
            node = node.value[int(parts.pop(0))]
        elif isinstance(node, yaml.MappingNode):
            entries = reader.entries(node, key)
            # A key may have dots itself: `rover.wheels`.
            names = [".".join(parts[: count + 1]) for count in range(len(parts))]
            found = next((name for name in names if name in entries), None)
            if found is None:  # its default is what is refused
                return reader.refuse(node, key, f"{key} is not given: allowed is {allowed}")
            node, parts = entries[found][1], parts[found.count(".") + 1 :]
        else:
            break
    return reader.refuse_value(node, key, allowed)


@cache
def _fields_of(kind: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    """The fields of a struct, by their names in a file; read once for each."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


class NodeTypeReader(NodeReader):
    """Turns the nodes of one file into typed values, and gathers the quantities."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.quantities: list[QuantityEntry] = []

    def read(self, node: yaml.Node, kind: Any, key: str) -> Any:
        """The value of `node` as a `kind`, or ConfigurationError."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self.read_annotated(node, kind, key)
        if origin in (Union, types.UnionType):
            return self.read_union(node, kind, key)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.read_struct(node, kind, key)
        if origin is dict or (origin in (list, tuple) and arguments):
            return self.read_container(node, kind, key)
        return self.read_leaf(node, kind, key)

    def read_leaf(self, node: yaml.Node, kind: Any, key: str) -> Any:
        value = self.plain(node, key)
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            allowed = allowed_words(kind) or msgspec_words(error)
            raise self.refuse_value(node, key, allowed) from None

    def read_annotated(self, node: yaml.Node, kind: Any, key: str) -> Any:
        inner, metadata = get_args(kind)[0], get_args(kind)[1:]
        metas = [item for item in metadata if isinstance(item, msgspec.Meta)]
        units = [meta.extra[UNIT] for meta in metas if meta.extra and UNIT in meta.extra]
        amounts = [meta.extra[AMOUNT] for meta in metas if meta.extra and AMOUNT in meta.extra]
        if amounts:
            return read_amount(self, node, kind, units[-1], amounts[-1], key)
        if units:
            return self.read_quantity(node, kind, units[-1], key)
        return self.read_bounded(node, inner, metas, key)

    def read_bounded(self, node: yaml.Node, inner: Any, metas: list[msgspec.Meta], key: str) -> Any:
        """A value under the limits of `metas`: those of a number, or the length of a list."""
        kind: Any = inner
        for meta in metas:
            kind = Annotated[kind, meta]
        outer = get_origin(inner)
        if outer not in (list, tuple, dict):
            return self.read_leaf(node, kind, key)
        value = self.read_container(node, inner, key)
        shell: Any = {list: list[Any], tuple: tuple[Any, ...], dict: dict[Any, Any]}[outer]
        for meta in metas:
            shell = Annotated[shell, meta]
        try:
            msgspec.convert(value, shell)
        except msgspec.ValidationError:
            raise self.refuse_value(node, key, allowed_words(kind)) from None
        return value

    def read_quantity(self, node: yaml.Node, kind: Any, unit: str, key: str) -> Any:
        """The value of a `{value, unit, source}`; unit and source are demanded."""
        form = f"{{value: ..., unit: {value_text(unit)}, source: ...}}"
        if not isinstance(node, yaml.MappingNode):
            raise self.refuse_value(node, key, f"{allowed_words(kind)}, written {form}")
        entries = self.entries(node, key)
        names = ["value", "unit", "source"]
        self.check_keys(node, entries, names, names, key)
        (_, value_node), (_, unit_node), (_, source_node) = (entries[name] for name in names)
        if not isinstance(unit_node, yaml.ScalarNode) or unit_node.value != unit:
            raise self.refuse_value(unit_node, f"{key}.unit", f"the unit {value_text(unit)}")
        source = self.plain(source_node, f"{key}.source")
        if not isinstance(source, str) or not source.strip():
            allowed = "a text that says where the figure comes from"
            raise self.refuse_value(source_node, f"{key}.source", allowed)
        metas = [item for item in get_args(kind)[1:] if isinstance(item, msgspec.Meta)]
        value = self.read_bounded(value_node, get_args(kind)[0], metas, f"{key}.value")
        line = node.start_mark.line + 1
        self.quantities.append(QuantityEntry(key, value, unit, source, line))
        return value

    def read_union(self, node: yaml.Node, kind: Any, key: str) -> Any:
        """One of several kinds: null or another, structs told apart by their tag, or one struct
        beside what is no mapping."""
        members = get_args(kind)
        others = [member for member in members if member is not type(None)]
        if len(others) < len(members) and node.tag == NULL:
            return None
        if len(others) == 1:
            return self.read(node, others[0], key)
        structs = {
            member.__struct_config__.tag: member
            for member in others
            if isinstance(member, type) and issubclass(member, msgspec.Struct)
        }
        if structs and isinstance(node, yaml.MappingNode):
            field = next(iter(structs.values())).__struct_config__.tag_field
            if field is not None:
                return self.read_struct(node, self.tagged(node, field, structs, key), key)
            return self.read_struct(node, structs[None], key)
        return self.read_leaf(node, kind, key)

    def tagged(
        self, node: yaml.MappingNode, field: str, structs: dict[Any, Any], key: str
    ) -> type[msgspec.Struct]:
        entries, path = self.entries(node, key), join(key, field)
        if field not in entries:
            raise self.refuse(node, path, f"{path} is missing: allowed is {one_of(structs)}")
        value_node = entries[field][1]
        value = self.plain(value_node, path)
        if not isinstance(value, str | int) or value not in structs:
            raise self.refuse_value(value_node, path, choices_words(str(value), list(structs), ""))
        return cast(type[msgspec.Struct], structs[value])

    def read_struct(self, node: yaml.Node, kind: type[msgspec.Struct], key: str) -> Any:
        """A struct: its keys and no others, those without a default demanded."""
        if not isinstance(node, yaml.MappingNode):
            raise self.refuse_value(node, key, allowed_words(kind))
        entries = self.entries(node, key)
        fields = _fields_of(kind)
        required = [name for name, field in fields.items() if field.required]
        tag = kind.__struct_config__.tag_field
        known = [*fields, tag] if tag is not None else list(fields)
        kinds = {name: field.type for name, field in fields.items()}
        self.check_keys(node, entries, known, required, key, kinds)
        values = {
            fields[name].name: self.read(value, fields[name].type, join(key, name))
            for name, (_, value) in entries.items()
            if name in fields
        }
        try:
            return kind(**values)
        except NotAllowed as error:
            raise self.refuse_relation(node, key, error) from None
        except ValueError as error:
            raise self.refuse(node, key, f"{key or 'the document'}: {error}") from None

    def refuse_relation(
        self, node: yaml.MappingNode, key: str, error: NotAllowed
    ) -> ConfigurationError:
        """The refusal of the first of the values at fault that stands in this node."""
        for path in error.keys:
            found, place = self.find(node, path), join(key, path)
            if found is None:
                continue
            if isinstance(found, yaml.MappingNode):  # a quantity: its value is what is refused
                entries = self.entries(found, place)
                if "value" in entries:
                    found, place = entries["value"][1], f"{place}.value"
            return self.refuse_value(found, place, error.allowed)
        return self.refuse(node, key, f"{join(key, error.keys[0])}: allowed is {error.allowed}")

    def find(self, node: yaml.Node, path: str) -> yaml.Node | None:
        """The node at a path such as `failures[1].target` below a node; None when the file does
        not give it."""
        for part in re.findall(r"[^.\[\]]+", path):
            if isinstance(node, yaml.SequenceNode) and part.isdecimal():
                node = node.value[int(part)]
                continue
            entries = self.entries(node, path) if isinstance(node, yaml.MappingNode) else {}
            if part not in entries:
                return None
            node = entries[part][1]
        return node

    def check_keys(
        self,
        node: yaml.Node,
        entries: dict[str, tuple[yaml.Node, yaml.Node]],
        known: Sequence[str],
        required: Sequence[str],
        key: str,
        kinds: dict[str, Any] | None = None,
    ) -> None:
        for name, (key_node, _) in entries.items():
            if name not in known:
                path = join(key, name)
                problem = f"{path} is not a known key: {choices_words(name, known)}"
                raise self.refuse(key_node, path, problem)
        for name in required:
            if name not in entries:
                path = join(key, name)
                allowed = allowed_words(kinds[name]) if kinds else ""
                problem = f"{path} is missing" + (f": allowed is {allowed}" if allowed else "")
                raise self.refuse(node, path, problem)

    def read_container(self, node: yaml.Node, kind: Any, key: str) -> Any:
        """A list, a tuple or a dict, item by item."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is dict:
            if not isinstance(node, yaml.MappingNode):
                raise self.refuse_value(node, key, allowed_words(kind))
            return {
                self.read_key(key_node, arguments[0], key): self.read(
                    value, arguments[1], join(key, name)
                )
                for name, (key_node, value) in self.entries(node, key).items()
            }
        if not isinstance(node, yaml.SequenceNode):
            raise self.refuse_value(node, key, allowed_words(kind))
        kinds: Sequence[Any] = arguments
        if origin is list or (len(arguments) == 2 and arguments[1] is ...):
            kinds = [arguments[0]] * len(node.value)
        if len(kinds) != len(node.value):
            raise self.refuse_value(node, key, allowed_words(kind))
        items = [
            self.read(item, item_kind, f"{key}[{index}]")
            for index, (item, item_kind) in enumerate(zip(node.value, kinds, strict=True))
        ]
        return items if origin is list else tuple(items)

    def read_key(self, node: yaml.Node, kind: Any, key: str) -> Any:
        try:
            return msgspec.convert(node.value, kind, strict=False)
        except msgspec.ValidationError as error:
            allowed = allowed_words(kind) or msgspec_words(error)
            problem = f"the key {node.value!r} of {key or 'the document'}: allowed is {allowed}"
            raise self.refuse(node, key, problem) from None

"""A procedure file or a part of one, with the lines of its keys for messages."""

import re
from pathlib import Path

import yaml

from flight.configuration.files import ConfigurationError, load_configuration
from flight.configuration.yaml_nodes import NodeReader, shown_path
from ground.mission_control.procedures import steps


class ProcedureSource:
    """A procedure file or a part, with the lines of its keys."""

    def __init__(self, path: Path) -> None:
        self.content = load_configuration(path, steps.ProcedureFile)
        self.reader = NodeReader(shown_path(path))
        self._root = self.reader.compose(path)

    def refuse(self, key: str, problem: str) -> ConfigurationError:
        """An error that names file and line of a key."""
        joint = "" if problem.startswith(":") else " "
        return self.reader.refuse(self.node(key), key, f"{key}{joint}{problem}")

    def node(self, key: str) -> yaml.Node:
        """The node of a key such as `steps[2].vehicle`, or the nearest around it."""
        node = self._root
        for part in re.findall(r"[^.\[\]]+", key):
            if isinstance(node, yaml.SequenceNode) and part.isdecimal():
                node = node.value[int(part)]
            elif isinstance(node, yaml.MappingNode):
                entries = self.reader.entries(node, key)
                if part not in entries:
                    break
                node = entries[part][1]
        return node

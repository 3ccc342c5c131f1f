"""What a run leaves is written whole or as a journal: who looks meanwhile sees no half of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
ROOMS = (
    "flight/core", "flight/runtime", "ground/mission_control", "ground/missions",
    "ground/pictures", "ground/reports", "ground/testbed",
)  # fmt: skip
JOURNALS = {
    ("ground/missions/run_folder.py", "open"): "events, moves of tubes, inputs: a whole line each",
    ("ground/testbed/processes/child.py", "open"): "what a process writes to its standard output",
    ("flight/runtime/message_log.py", "open"): "every message, one after the other",
    ("ground/testbed/faults/journal.py", "open"): "what was broken, a whole line each",
    ("flight/runtime/forking.py", "open"): "a pipe to the parent",
    ("flight/runtime/discs.py", "write_text"): "a draft, which then replaces the note",
    ("flight/runtime/common_clock.py", "write_bytes"): "a table that nobody maps before",
    ("ground/reports/archive_export.py", "open"): "a part, which then takes the file's place",
    ("ground/testbed/processes/host.py", "write_bytes"): "read by a process that starts later",
}
"""Files that grow by whole records, or that nobody else can see: (source, method)."""


def writes(source: str) -> Iterator[str]:
    """The methods by which a source writes into a file in place."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        given = [*node.args, *(each.value for each in node.keywords if each.arg == "mode")]
        modes = [each.value for each in given if isinstance(each, ast.Constant)]
        first = ast.unparse(given[0]) if given else ""
        if (
            name in ("write_text", "write_bytes")
            or (name in ("savefig", "save") and first.endswith("path"))
            or (name == "open" and any(_for_writing(mode) for mode in modes))
        ):
            yield name


def _for_writing(mode: object) -> bool:
    return isinstance(mode, str) and len(mode) < 4 and bool(set(mode) & set("wax"))


def test_what_a_run_leaves_is_written_whole() -> None:
    found = {
        (path.relative_to(TOP).as_posix(), name)
        for room in ROOMS
        for path in sorted((TOP / room).rglob("*.py"))
        for name in writes(path.read_text(encoding="utf-8"))
    }
    assert found == set(JOURNALS)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("path.write_text(text)", ["write_text"]),
        ("path.open('w', encoding='utf-8')", ["open"]),
        ("open(path, mode='xb')", ["open"]),
        ("figure.savefig(path, dpi=130)", ["savefig"]),
        ("path.open('rb')", []),
        ("figure.savefig(memory)", []),
        ("replace_file(path, text)", []),
    ],
)
def test_the_reader_finds_what_writes_in_place(source: str, found: list[str]) -> None:
    assert list(writes(source)) == found

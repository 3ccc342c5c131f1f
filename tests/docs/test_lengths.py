"""A source is read in one go: none is longer than a few pages, and half are short."""

from pathlib import Path
from statistics import median

TOP = Path(__file__).resolve().parents[2]
LONGEST = 450  # lines
ROOMS = ("flight", "ground", "sim_hw", "tests")


def lengths() -> dict[str, int]:
    """Lines of each source, by its path."""
    return {
        path.relative_to(TOP).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for room in ROOMS
        for kind in ("*.py", "*.js", "*.c", "*.h")
        for path in sorted((TOP / room).rglob(kind))
        if "build" not in path.parts
    }


def test_no_source_is_longer_than_a_few_pages() -> None:
    found = lengths()
    assert len(found) > 1000
    assert {name: lines for name, lines in found.items() if lines > LONGEST} == {}


def test_half_of_the_sources_are_shorter_than_150_lines() -> None:
    assert median(lengths().values()) < 150

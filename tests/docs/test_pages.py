"""What the hand-written pages promise: their examples run, their files load, their links lead."""

import contextlib
import io
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.procedures.reading import load_procedure
from ground.missions.mission import load_mission
from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.participants.vehicles import vehicle_classes

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# By the tests of their commands, of operated runs, and of the edge.
TESTED_ELSEWHERE = (
    "verification.md", "find-launch-windows.md", "operate.md", "script-mission-control.md",
)  # fmt: skip
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `follows`: it stands right after the block before it."""

    language: str
    text: str
    follows: bool


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found, end = [], 0
    for match in _BLOCK.finditer(text):
        found.append(Block(match[1], match[2], not text[end : match.start()].strip()))
        end = match.end()
    return found


def pages_with(language: str) -> list[Path]:
    return [
        page
        for page in PAGES
        if page.name not in TESTED_ELSEWHERE and any(b.language == language for b in blocks(page))
    ]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", pages_with("python"), ids=name_of)
def test_the_examples_of_a_page_run_and_print_what_it_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All Python of a page runs in order; a block `text` right after one is what it prints."""
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("docs_example")
    printed, checked = "", 0
    before = ""
    for block in blocks(page):
        if block.language == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(block.text, name_of(page), "exec"), module.__dict__)  # noqa: S102
            printed = output.getvalue()
        elif block.language == "text" and before == "python" and block.follows:
            assert printed == block.text
            checked += 1
        before = block.language
    assert checked, f"{name_of(page)} shows no output of its examples"


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return Dictionary.from_plain(build_dictionary(vehicle_classes()))


@pytest.mark.parametrize("page", pages_with("yaml"), ids=name_of)
def test_the_files_that_a_page_shows_load(
    page: Path, tmp_path: Path, dictionary: Dictionary
) -> None:
    """A block `yaml` whose first line names a file in configs/ is a whole file of that kind."""
    for block in blocks(page):
        named = re.match(r"# configs/(\w+)/(\w+)\.yaml", block.text)
        if block.language != "yaml" or named is None:
            continue
        file = tmp_path / f"{named[2]}.yaml"
        file.write_text(block.text, encoding="utf-8")
        if named[1] == "missions":
            assert load_mission(str(file)).name == named[2]
        else:
            variables = {"tubes": ["M2020-00495-12"], "held": ["M2020-00196-04"]}
            assert load_procedure(file, variables, dictionary).instructions


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for match in _LINK.finditer(text):
        link = match[1] or match[2]
        if not re.match(r"[a-z]+:", link):
            yield link


def anchors(page: Path) -> set[str]:
    """The anchors that a renderer makes of the headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name != "decisions"], ids=name_of
)
def test_a_page_can_be_found_from_the_index(page: Path) -> None:
    reached = {ROOT / "README.md"}
    waiting = [ROOT / "README.md"]
    while waiting:
        here = waiting.pop()
        for link in links(here):
            target = (here.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert page in reached


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    assert [each.name for each in pictures if each.stat().st_size > 300_000] == []

"""Pages that list things list all of them, and what they list is there."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
API = (ROOT / "docs" / "reference" / "python-api.md").read_text(encoding="utf-8")


def test_every_decision_is_in_the_index() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    pages = sorted(file for file in DECISIONS.glob("0*.md") if not file.name.startswith("0000"))
    for page in pages:
        number, _, title = page.read_text(encoding="utf-8").splitlines()[0][2:].partition(": ")
        assert f"- [{number}]({page.name}): {title}" in index.splitlines()
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers)


def public_names() -> list[tuple[str, str]]:
    """Module and name of everything on the page; a module without names stands for itself."""
    found = []
    for row in re.findall(r"^\| .* \| (`.*) \|$", API, flags=re.MULTILINE):
        for part in row.split("; "):
            module, _, names = part.partition(": ")
            found += [(module.strip("`"), name.strip("`")) for name in names.split(", ")]
    return found


@pytest.mark.parametrize(("module", "name"), public_names())
def test_what_the_page_of_the_api_names_can_be_imported(module: str, name: str) -> None:
    found = importlib.import_module(module)
    assert not name or hasattr(found, name)


def test_hooks_are_local_and_download_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    for repository in config["repos"]:
        assert repository["repo"] == "local"
        assert {hook["language"] for hook in repository["hooks"]} == {"system"}

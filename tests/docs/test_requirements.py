"""Each promise of the requirements page has a test, and each test names one that is there."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "requirements.md"
NUMBER = r"[A-Z]{2,3}-\d{2}"


def promised() -> list[str]:
    return re.findall(rf"^\| ({NUMBER}) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def named_by_tests() -> set[str]:
    named: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(rf'mark\.requirement\("({NUMBER})"\)', text))
    return named


def test_each_promise_has_a_test() -> None:
    assert promised()
    assert sorted(set(promised()) - named_by_tests()) == []


def test_no_test_names_a_promise_that_is_not_made() -> None:
    assert sorted(named_by_tests() - set(promised())) == []


def test_a_number_is_given_once() -> None:
    assert [number for number, times in Counter(promised()).items() if times > 1] == []

"""Expressions: one grammar, checked against what there is, and three answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.icd.compiled_expressions import compile_condition, looking_up
from flight.icd.expression_values import Symbol, check_expression
from flight.icd.expressions import Expression, ExpressionError, parse_expression

DEEPEST = 20
LONGEST = 500

SYMBOLS = {
    "lander.charge": Symbol("number", "1"),
    "lander.height": Symbol("number", "m"),
    "truth.height": Symbol("number", "km"),
    "lander.speed": Symbol("number", "m/s"),
    "lander.mode": Symbol("text"),
    "lander.safe": Symbol("state"),
    "lander.entry": Symbol("state"),
    "tubes_accounted": Symbol("boolean"),
}


def resolve(path: str) -> Symbol:
    if path not in SYMBOLS:
        raise ExpressionError(f"{path!r} is not known")
    return SYMBOLS[path]


def asked(text: str, **values: Any) -> bool | None:
    named = {name.replace("__", "."): value for name, value in values.items()}
    expression = parse_expression(text)
    check_expression(expression, resolve)
    return compile_condition(expression.asked, looking_up(named.get), resolve)()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("lander.charge >= 0.15", True),
        ("lander.charge >= 15 %", True),
        ("lander.charge > 15%", False),
        ("lander.height < 1.5 km", True),
        ("lander.height == 1000 m", True),
        ("lander.height - truth.height == 0 m", True),
        ("truth.height - lander.height > -1 m", True),
        ("abs(lander.height - truth.height) < 1 mm", True),
        ("-lander.height < 0 m", True),
        ("lander.mode == 'entry'", True),
        ("lander.mode != 'entry'", False),
        ("lander.safe or tubes_accounted", True),
        ("lander.safe and tubes_accounted", False),
        ("not lander.safe", True),
        ("not (lander.safe or lander.entry)", False),
        ("lander.safe == false", True),
        ("lander.safe or lander.safe and lander.entry", False),
    ],
)
def test_it_says_what_is_so(text: str, answer: bool) -> None:
    found = asked(
        text, lander__charge=0.15, lander__height=1000.0, truth__height=1.0, lander__safe=False,
        lander__entry=True, tubes_accounted=True, lander__mode="entry",
    )  # fmt: skip
    assert found is answer


def test_what_is_not_known_is_neither_true_nor_false() -> None:
    assert asked("lander.charge >= 0.15") is None
    assert asked("lander.charge >= 0.15", lander__charge=float("nan")) is None
    assert asked("lander.height - truth.height > 0 m", lander__height=3.0) is None
    assert asked("not lander.safe") is None
    assert asked("lander.safe and tubes_accounted", tubes_accounted=True) is None
    assert asked("lander.safe and tubes_accounted", tubes_accounted=False) is False
    assert asked("lander.safe or tubes_accounted", tubes_accounted=True) is True
    assert asked("lander.safe or tubes_accounted", tubes_accounted=False) is None


def test_while_says_when_it_is_asked() -> None:
    expression = parse_expression("lander.safe while lander.entry and not tubes_accounted")
    assert expression.during is not None
    values = {"lander.entry": True, "tubes_accounted": False}
    assert compile_condition(expression.during, looking_up(values.get), resolve)() is True
    assert expression.names == ("lander.safe", "lander.entry", "tubes_accounted")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "ends where a name"),
        ("lander.charge >=", "ends where a name"),
        ("lander.charge >= 0.15 lander.safe", "stands where the end"),
        ("lander.charge 5", "'5' at character 15 stands where"),
        ("5 m/s", "ends where a comparison"),
        ("lander.height > 5 parsec", "'parsec'"),
        ("(lander.safe", "ends where `)`"),
        ("lander.safe)", "')' at character 12"),
        ("lander.safe && lander.entry", "'&& lander.entry' at character 13 means nothing here"),
        ("lander.mode == 'entry", "means nothing here"),
        ("lander.safe while", "ends where"),
        ("while lander.safe", "'while' at character 1"),
        ("and lander.safe", "'and' at character 1"),
        ("abs(lander.height > 3 m", "stands where `)`"),
        ("not " * (DEEPEST + 1) + "lander.safe", f"{DEEPEST} levels deep at most"),
        ("lander.safe or " * 40 + "lander.safe", f"{LONGEST} characters at most"),
        ("__import__('os')", "means nothing here"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse_expression(text)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lander.colour == 'red'", "'lander.colour' is not known"),
        ("lander.height > 5", "allowed is a quantity in"),
        ("lander.height > 5 s", "5 s cannot be compared with lander.height, which is in m"),
        ("lander.height > lander.speed", "lander.speed cannot be compared"),
        ("lander.mode > 'entry'", "> cannot compare a text: allowed is == and !="),
        ("lander.mode == 5", "a text and 5 a number"),
        ("lander.charge", "is a number: it needs a comparison"),
        ("lander.height + lander.speed > 5 m", "m and m/s cannot be added up"),
        ("abs(lander.mode) == 1", "is a text: allowed is a number"),
        ("lander.safe >= true", ">= cannot compare a boolean"),
        ("lander.safe while lander.charge", "is a number: it needs a comparison"),
    ],
)
def test_what_does_not_go_together_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        check_expression(parse_expression(text), resolve)
    assert sentence in str(refusal.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        assert isinstance(parse_expression(text), Expression)
    except ExpressionError as refusal:
        assert str(refusal)


@given(st.lists(st.sampled_from([*SYMBOLS, "and", "or", "not", "(", ")", "5 m", "<", "-", "'x'"])))
def test_any_words_are_read_checked_and_asked_or_refused(words: list[str]) -> None:
    try:
        expression = parse_expression(" ".join(words))
        check_expression(expression, resolve)
    except ExpressionError:
        return
    values = {"lander.charge": 0.5, "lander.height": 3.0, "truth.height": 1.0, "lander.speed": 2.0}
    asked = compile_condition(expression.asked, looking_up(values.get), resolve)
    assert asked() in (True, False, None)

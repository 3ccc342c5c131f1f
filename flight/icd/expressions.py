"""Expressions: one notation for conditions, wherever a person writes one. Data, no evaluation.

    expression  = disjunction, ["while", disjunction] ;
    disjunction = conjunction, {"or", conjunction} ;
    conjunction = negation, {"and", negation} ;
    negation    = ["not"], (comparison | "(", disjunction, ")") ;
    comparison  = operand, [operator, operand] ;
    operator    = "==" | "!=" | "<" | "<=" | ">" | ">=" ;
    operand     = ["-"], term, {("+" | "-"), term} ;
    term        = "abs", "(", operand, ")" | quantity | text | "true" | "false" | name ;
    quantity    = number, [unit] ;
    text        = "'", {character - "'"}, "'" ;
    name        = part, {".", part} ;
    part        = word, {"[", digit, {digit}, "]"} ;
    word        = letter, {letter | digit | "_"} ;

A name that stands alone is true or false by itself: a state in which a vehicle is, a thing that
holds. `while` says when the rest is asked at all. The units are those of :mod:`flight.icd.amounts`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flight.icd.amounts import UNITS

GRAMMAR = __doc__.partition("\n\n")[2].rpartition("\n\nA name")[0]
"""The EBNF, as the reference has it."""

LONGEST = 500  # characters
DEEPEST = 20  # parentheses and `not`s within each other


class ExpressionError(ValueError):
    """A text that is no expression; says where and what was expected."""


@dataclass(frozen=True)
class Name:
    """Something that is looked up, such as `lander.battery_charge`."""

    path: str


@dataclass(frozen=True)
class Number:
    """A number with its unit, as written."""

    value: float
    unit: str


@dataclass(frozen=True)
class Literally:
    """A text, true or false."""

    value: str | bool


@dataclass(frozen=True)
class Sum:
    """Operands that are added up, each with +1 or -1."""

    parts: tuple[tuple[int, "Operand"], ...]


@dataclass(frozen=True)
class Magnitude:
    """The absolute value of an operand."""

    of: "Operand"


Operand: TypeAlias = Name | Number | Literally | Sum | Magnitude
Operator = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Compared:
    """Two operands beside each other."""

    left: Operand
    operator: Operator
    right: Operand


@dataclass(frozen=True)
class Not:
    """The opposite."""

    of: "Condition"


@dataclass(frozen=True)
class Both:
    """All of some (`and`), or one of some (`or`)."""

    word: Literal["and", "or"]
    parts: tuple["Condition", ...]


Condition: TypeAlias = Name | Literally | Compared | Not | Both


@dataclass(frozen=True)
class Expression:
    """What is asked, and while what it is asked (None: always)."""

    text: str
    asked: Condition
    during: Condition | None = None
    names: tuple[str, ...] = field(default=(), compare=False)
    """All that is looked up, in the order of the text."""


_UNIT_WORDS = sorted(UNITS, key=len, reverse=True)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?<![\w.])(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)|(?P<text>'[^']*')"
    r"|(?P<name>[A-Za-z]\w*(?:\[\d+\])*(?:\.[A-Za-z]\w*(?:\[\d+\])*)*)|(?P<sign>==|!=|<=|>=|[<>()+\-]))"
)
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
_WORDS = ("and", "or", "not", "while", "true", "false", "abs")


def parse_expression(text: str) -> Expression:
    """Reads an expression; raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has {LONGEST} characters at most")
    parser = _Parser(text)
    asked = parser.disjunction()
    during = parser.disjunction() if parser.take("while") else None
    parser.end()
    return Expression(text, asked, during, tuple(dict.fromkeys(parser.names)))


def parse_value(text: str) -> tuple[Operand, tuple[str, ...]]:
    """Reads an operand, such as `rover.charge - 0.3`, and the names in it; raises
    ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has {LONGEST} characters at most")
    parser = _Parser(text)
    operand = parser.operand()
    parser.end("the end, `+` or `-`")
    return operand, tuple(dict.fromkeys(parser.names))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(f"{text[at:][:20]!r} at character {at + 1} means nothing here")
        kind = str(match.lastgroup)
        yield _Token(kind, match[kind], match.start(kind))
        at = match.end()
        if kind == "number":
            unit, at = _unit(text, at)
            if unit:
                yield _Token("unit", unit, at)


def _unit(text: str, at: int) -> tuple[str, int]:
    """The unit behind a number, and where the text goes on."""
    rest = text[at:].lstrip(" ")
    start = at + len(text[at:]) - len(rest)
    for unit in _UNIT_WORDS:
        after = rest[len(unit) : len(unit) + 1]
        if unit != "1" and rest.startswith(unit) and not (after.isalnum() or after in ("_", "/")):
            return unit, start + len(unit)
    return "", at


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def disjunction(self) -> Condition:
        parts = [self._conjunction()]
        while self.take("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Both("or", tuple(parts))

    def operand(self) -> Operand:
        return self._operand()

    def end(self, wanted: str = "the end, `and`, `or` or `while`") -> None:
        """Refuses what is left over."""
        if self._next < len(self._tokens):
            raise self._wrong(wanted)

    def take(self, text: str) -> bool:
        """Goes over a word or sign if it is the next."""
        token = self._token()
        if token is None or token.kind not in ("name", "sign") or token.text != text:
            return False
        self._next += 1
        return True

    def _conjunction(self) -> Condition:
        parts = [self._negation()]
        while self.take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Both("and", tuple(parts))

    def _negation(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"an expression is {DEEPEST} levels deep at most")
        try:
            if self.take("not"):
                return Not(self._negation())
            if self.take("("):
                inner = self.disjunction()
                if not self.take(")"):
                    raise self._wrong("`)`")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        left = self._operand()
        token = self._token()
        if token is not None and token.text in _OPERATORS:
            self._next += 1
            return Compared(left, token.text, self._operand())  # type: ignore[arg-type]
        if isinstance(left, Name) or (isinstance(left, Literally) and left.value in (True, False)):
            return left
        raise self._wrong("a comparison such as `>=`")

    def _operand(self) -> Operand:
        parts = [(-1 if self.take("-") else 1, self._term())]
        while True:
            if self.take("+"):
                parts.append((1, self._term()))
            elif self.take("-"):
                parts.append((-1, self._term()))
            else:
                break
        if len(parts) > 1:
            return Sum(tuple(parts))
        sign, term = parts[0]
        if sign > 0:
            return term
        return Number(-term.value, term.unit) if isinstance(term, Number) else Sum(((-1, term),))

    def _term(self) -> Operand:
        token = self._token()
        if token is None or token.kind == "sign":
            raise self._wrong("a name, a quantity or a text")
        self._next += 1
        if token.kind == "number":
            unit = self._token()
            if unit is None or unit.kind != "unit":
                return Number(float(token.text), "1")
            self._next += 1
            return Number(float(token.text), unit.text)
        if token.kind == "text":
            return Literally(token.text[1:-1])
        return self._named(token)

    def _named(self, token: _Token) -> Operand:
        if token.text in ("true", "false"):
            return Literally(token.text == "true")
        if token.text == "abs" and self.take("("):
            inner = self._operand()
            if not self.take(")"):
                raise self._wrong("`)`")
            return Magnitude(inner)
        if token.text in _WORDS:
            self._next -= 1
            raise self._wrong("a name, a quantity or a text")
        self.names.append(token.text)
        return Name(token.text)

    def _token(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _wrong(self, wanted: str) -> ExpressionError:
        token = self._token()
        if token is None:
            return ExpressionError(f"{self._text!r} ends where {wanted} was expected")
        return ExpressionError(
            f"{token.text!r} at character {token.at + 1} stands where {wanted} was expected"
        )

"""Texts, times and colours of the report."""

from html import escape

from flight.astrodynamics.mars_time import SOL_SECONDS

COLOURS = {"PASS": "#2e7d32", "FAIL": "#c62828", "UNKNOWN": "#b26a00", "ERROR": "#6a1b9a"}
MARKS = {"PASS": "✓", "FAIL": "✗", "UNKNOWN": "?", "ERROR": "!"}
"""A verdict is told by its word and its mark, too: not by its colour alone."""


def tag(name: str, *inside: str, **attributes: object) -> str:
    """An element; what is inside is HTML already, attributes are escaped."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{''.join(inside)}</{name}>"


def text(value: object) -> str:
    """A text as HTML."""
    return escape(str(value))


def badge(verdict: str) -> str:
    """A verdict, as a coloured word."""
    return tag("span", f"{MARKS[verdict]} {verdict}", class_=f"badge {verdict.lower()}")


def seconds(value: float | None) -> str:
    """A span of time, with three digits, in the unit that a person would take."""
    if value is None:
        return "–"
    size = abs(value)
    for unit, length in (("sol", SOL_SECONDS), ("h", 3600.0), ("min", 60.0)):
        if size >= 2.0 * length:
            return f"{value / length:.3g} {unit}"
    if size >= 1.0 or size == 0.0:
        return f"{value:.3g} s"
    return f"{1e3 * value:.3g} ms"


def unit_of_axis(span: float) -> tuple[str, float]:
    """The unit in which a time axis of so many seconds is told, and its length."""
    for unit, length in (("sol", SOL_SECONDS), ("h", 3600.0), ("min", 60.0)):
        if span >= 3.0 * length:
            return unit, length
    return "s", 1.0


def nice_step(span: float, most: int) -> float:
    """The step of an axis: 1, 2 or 5 times a power of ten, `most` of them at most."""
    step = 1e-6
    while True:
        for factor in (1.0, 2.0, 5.0):
            if span / (step * factor) <= most:
                return step * factor
        step *= 10.0


def _cell(content: str) -> str:
    short = len(content) <= 12 or content.startswith('<span class="badge')
    return tag("td", content, class_="time" if short else None)


def table(heads: list[str], rows: list[list[str]], class_: str = "") -> str:
    """A table; cells are HTML already."""
    head = tag("thead", tag("tr", *(tag("th", text(each)) for each in heads)))
    body = tag("tbody", *(tag("tr", *map(_cell, row)) for row in rows))
    return tag("table", head, body, class_=class_ or None)

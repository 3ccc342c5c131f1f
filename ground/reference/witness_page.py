"""Who sees that what cannot be undone has happened: the tables of witnesses as a page."""

from collections.abc import Iterable

from flight.core.fault_protection.witnesses import Confirmation
from flight.core.node import Node
from ground.reference.markdown import code, page, table

PATH = "reference/witnesses.md"
INTRODUCTION = """\
A device that acknowledges has heard; whether it has happened says a reading of another one. Each
actuation that nothing undoes stands here with who sees its result, and what is done when that
witness does not see it: the vehicle then says `result_unconfirmed`. The tables are
`flight/<vehicle>/witnesses.py`; one that leaves something out, has a device see itself without a
reason, or a witness that hangs on the same power switch without one, is refused before anything
flies. `--without witnesses` flies by answers alone.
"""


def _apart(row: Confirmation) -> str:
    return f" ({row.own_sensor})" if row.own_sensor else ""


def witness_page(kinds: Iterable[type[Node]]) -> dict[str, str]:
    """The page by its path."""
    sections = []
    for kind in kinds:
        rows = [
            [
                code(row.actuation) + (f" of `{row.part}`" if row.part else ""),
                code(row.witness),
                "; ".join(each for each in (row.doc + _apart(row), row.same_switch) if each),
                row.unconfirmed,
            ]
            for row in kind.confirmations
        ]
        if rows:
            head = ["what is done", "who sees it", "what that shows", "if it does not"]
            sections += [f"## {kind.name}", table(head, rows)]
    return {PATH: page("Witnesses", "flight/*/witnesses.py", INTRODUCTION.strip(), *sections)}

"""Asks an expression of `always` or `never` again and again."""

from collections.abc import Callable

from flight.icd.compiled_expressions import compile_condition, looking_up
from flight.icd.expressions import Expression
from ground.drills.sight import Sight


class Asked:
    """One expression, and whether it has been known, and broken, so far."""

    def __init__(self, expression: Expression, wanted: bool, sight: Sight) -> None:
        self.text = expression.text if wanted else f"never {expression.text}"
        self.expression = expression
        self._wanted = wanted
        self._asked = compile_condition(expression.asked, looking_up(sight.value), sight.symbol)
        during = expression.during
        self._during: Callable[[], bool | None] = (
            (lambda: True)
            if during is None
            else compile_condition(during, looking_up(sight.value), sight.symbol)
        )
        self.known = False
        self.broken = False

    def ask(self) -> bool | None:
        """Whether it is as wanted now; None: that is not known, or it is not asked now."""
        if self._during() is not True:
            return None
        found = self._asked()
        return None if found is None else found is self._wanted

    def look(self) -> bool:
        """Whether it is broken now, for the first time."""
        if self.broken:
            return False
        found = self.ask()
        if found is None:
            return False
        self.known = True
        self.broken = not found
        return self.broken

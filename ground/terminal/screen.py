"""Tables and sentences on standard output, as all commands write them."""

from rich.console import Console

PIPED_WIDTH = 240
"""Columns when the output is no terminal: more than any row needs, so that none is broken."""


class Screen(Console):
    """A console that takes texts for what they are: `[x]` is no markup, 12 no number to paint."""

    def __init__(self, *, quiet: bool = False, width: int | None = None) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, quiet=quiet, width=width)

    def on_broken_pipe(self) -> None:
        """Who reads has gone: told to `msr`, which ends in order."""
        raise BrokenPipeError


def make_screen() -> Screen:
    """Standard output; wide, and without colours, when that is no terminal."""
    screen = Screen()
    return screen if screen.is_terminal else Screen(width=PIPED_WIDTH)

"""Standard streams that were closed when a command began."""

import os
import sys
from pathlib import Path

from ground.terminal.output import stand_in_for_closed


def test_what_was_closed_leads_nowhere_and_what_is_opened_next_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "kept"
    pid = os.fork()
    if not pid:  # as one that was started with `<&- >&- 2>&-`
        try:
            for number, name in enumerate(("stdin", "stdout", "stderr")):
                os.close(number)
                setattr(sys, name, None)
            stand_in_for_closed()
            with file.open("w") as kept:
                print("said", flush=True)
                print("told", file=sys.stderr, flush=True)
                os.write(1, b"written")
                kept.write(f"{kept.fileno() > 2} {sys.stdin.read()!r} {sys.stderr.isatty()}")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert file.read_text() == "True '' False"


def test_what_is_there_stays() -> None:
    before = sys.stdin, sys.stdout, sys.stderr
    stand_in_for_closed()
    assert (sys.stdin, sys.stdout, sys.stderr) == before

"""Where the command `msr` starts: Ctrl-C ends it without a word until it has begun to work."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Python would print a traceback out of the middle of an import.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from ground.cli import main

__all__ = ["main"]

"""Who runs a command, by the name that the machine has for them."""

import getpass
import os


def user_name() -> str:
    """The name of this process's user; of one who has none, as in a container, the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # which of the two hangs on the version of Python
        return f"user {os.getuid()}"

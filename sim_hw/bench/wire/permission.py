"""What a user who may not open a device is to do: it hangs on whose the device is."""

import grp
import os
import stat

BOTH = stat.S_IRGRP | stat.S_IWGRP
RULE = 'let a udev rule give it to a group that you are in (`GROUP=..., MODE="0660"`)'


def permission_step(path: str) -> str:
    """The next step of who may not open `path`: to be in the group that owns it, where that helps.

    A group that may not open it either, or that of the superuser, is no help; one that the user has
    been put into since is had after the next login.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return f"see whose it is (`ls -lL {path}`)" if path else "see whose it is"
    group = _name_of(found.st_gid)
    if not found.st_gid or found.st_mode & BOTH != BOTH:
        return f"its group `{group}` does not help: {RULE}"
    if found.st_gid in (os.getegid(), *os.getgroups()):
        return f"its group `{group}`, which you are in, may open it: something else forbids it"
    return f"be in the group `{group}` (`sudo usermod -aG {group} $USER`), and log in anew"


def _name_of(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)  # a group of another machine, such as in a container

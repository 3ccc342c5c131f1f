"""Finds mission control: by the folder of a run, or by the key file of a person."""

import os
import re
from pathlib import Path

import msgspec

from flight.configuration.outside_files import UNDECODABLE, read_outside
from ground.client.errors import NotServed, Refused
from ground.client.frames import API_FILE, Api

LARGEST_API = 1 << 16  # bytes
USER_NAME = r"[a-z][a-z0-9_.-]{0,39}"


def find_api(place: Path | str) -> Api:
    """Where mission control of that run, or of that key file, is spoken to; raises NotServed."""
    file = Path(place)
    file = file / API_FILE if file.is_dir() else file
    try:
        found = msgspec.json.decode(read_outside(file, LARGEST_API, "a key file"), type=Api)
    except (OSError, *UNDECODABLE) as error:
        raise NotServed(
            f"{place}: mission control is not served there; "
            "`msr control RUN_FOLDER` serves a run that is under way"
        ) from error
    if found.secret:
        check_private(file)
    return found


def saved_session(api: Api, user: str) -> str:
    """The token of a person's saved session; empty where there is none. Raises Refused."""
    file = session_file(api, user)
    if file is None or not file.exists():
        return ""
    check_private(file)
    return file.read_text(encoding="ascii", errors="replace").strip()


def saved_people(api: Api) -> list[str]:
    """Who has a saved session."""
    folder = Path(api.people) if api.people else None
    if folder is None or not folder.is_dir():
        return []
    return sorted(file.stem for file in folder.glob("*.session"))


def save_session(api: Api, user: str, token: str) -> None:
    """Keeps a session for the next command, readable by its owner alone."""
    file = session_file(api, user)
    if file is None or not file.parent.is_dir():
        return
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write(token)


def session_file(api: Api, user: str) -> Path | None:
    """Where it is kept; None where nowhere. Raises Refused for a name that is none."""
    if not api.people:
        return None
    if not re.fullmatch(USER_NAME, user):
        raise Refused(f"{user!r} is no name of a person")
    return Path(api.people) / f"{user}.session"


def check_private(file: Path) -> None:
    """Refuses a file of secrets that others may read; raises Refused."""
    if file.stat().st_mode & 0o077:
        raise Refused(f"{file} holds a secret and others may read it; allowed is mode 0600")

"""Drill files that a run with people is to have: their names and texts."""

import re
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.api.training import LARGEST_DRILL


def text_of(file: Path) -> str:
    """What a drill file says; raises ConfigurationError."""
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(LARGEST_DRILL + 1)  # no more: it may have no end
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "holds no text"
        raise ConfigurationError(str(file), None, "", str(why)) from error
    if len(text) > LARGEST_DRILL:
        raise ConfigurationError(
            str(file), None, "", f"has more than {LARGEST_DRILL} characters, which are allowed"
        )
    return text


def name_of(file: Path) -> str:
    """What a drill of a file is called."""
    return re.sub(r"[^a-z0-9_-]", "_", file.stem.lower())[:80].lstrip("_-") or "drill"

"""Drill files that a run with people is to have: their names and texts."""

import io
import re
from pathlib import Path

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UnfitFile, read_outside
from ground.api.training import LARGEST_DRILL


def text_of(file: Path) -> str:
    """What a drill file says; raises ConfigurationError."""
    try:
        data = read_outside(file, 4 * LARGEST_DRILL, "a drill file")
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()  # any line ends
    except UnicodeDecodeError as error:
        raise ConfigurationError(str(file), None, "", "holds no text") from error
    except (OSError, UnfitFile) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(str(file), None, "", str(why)) from error
    if len(text) > LARGEST_DRILL:
        raise ConfigurationError(
            str(file), None, "", f"has more than {LARGEST_DRILL} characters, which are allowed"
        )
    return text


def name_of(file: Path) -> str:
    """What a drill of a file is called."""
    return re.sub(r"[^a-z0-9_-]", "_", file.stem.lower())[:80].lstrip("_-") or "drill"

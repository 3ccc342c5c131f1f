"""Files that others may read at any moment: they see the old content or the new, whole."""

import contextlib
import os
from pathlib import Path

PART = ".part"


def replace_file(path: Path, content: str | bytes) -> Path:
    """Writes a file beside `path` and puts it in its place; returns `path`.

    Text is written as UTF-8. A link is followed to the file that it names; what is no regular file
    (`/dev/stdout`) is written in place. When writing fails, the old file stays as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return path
    target = path.resolve()
    part = part_of(target)
    try:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()  # what a death has left, or a link that somebody laid there
        with part.open("xb") as file:
            file.write(data)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def part_of(path: Path) -> Path:
    """Under which name a file is written until it is whole."""
    return path.with_name(f".{path.name}{PART}")

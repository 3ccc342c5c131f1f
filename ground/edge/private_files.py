"""Files and folders that only their owner may read."""

import contextlib
import hashlib
import os
import sys
from pathlib import Path

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import is_scratch

SCRATCH_STATE = "state"


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700; raises ConfigurationError where it is somebody else's."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
        if found.st_uid != os.getuid():
            raise ConfigurationError(str(path), None, "", "belongs to another user")
        if found.st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(str(path), None, "", error.strerror or str(error)) from error
    return path


def write_private(file: Path, data: bytes) -> None:
    """Puts a file of mode 0600 in its place, whole."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(data)
            written.flush()
            os.fsync(written.fileno())
        os.replace(part, file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


_not_kept: set[Path] = set()


def keep_private(file: Path, data: bytes) -> bool:
    """As `write_private`, of what who serves can go on without when the disk is full or gone:
    whether it was kept. Why not is told on standard error, once until it is again."""
    try:
        write_private(file, data)
    except OSError as error:
        if file not in _not_kept:
            _not_kept.add(file)
            said = f"{file} is not kept, and lost when this ends: {error.strerror or error}"
            with contextlib.suppress(OSError):
                print(said, file=sys.stderr, flush=True)
        return False
    _not_kept.discard(file)
    return True


def read_private(file: Path) -> bytes | None:
    """What is in it; None where there is none.

    Raises ConfigurationError for a file that others may read, or that cannot be read.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigurationError(
                str(file), None, "", "holds secrets and others may read it; allowed is mode 0600"
            )
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(str(file), None, "", error.strerror or str(error)) from error


def secrets_file() -> Path:
    """Where the passwords of this user's people lie."""
    return _own_folder("XDG_CONFIG_HOME", "~/.config") / "secrets.json"


def state_folder(run_folder: Path) -> Path:
    """What an edge keeps of a run between its lives: sessions, approvals, keys. Not in the run
    folder: that is replaced by the next run, and handed on; but for a scratch folder, with which
    it goes, however that ends."""
    if is_scratch(run_folder):
        return private_folder(run_folder / SCRATCH_STATE)
    name = hashlib.sha256(os.fsencode(run_folder.resolve())).hexdigest()[:16]
    return private_folder(_own_folder("XDG_STATE_HOME", "~/.local/state") / name)


def _own_folder(variable: str, otherwise: str) -> Path:
    """Ours in the folder that the environment names; raises ConfigurationError where it names none,
    and this user has no home."""
    try:
        return Path(os.environ.get(variable) or otherwise).expanduser() / "threeforks"
    except RuntimeError:
        problem = "is not set, and this user has no home (HOME); allowed is a folder of the user's"
        raise ConfigurationError(variable, None, "", problem) from None

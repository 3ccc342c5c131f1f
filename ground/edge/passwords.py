"""Passwords: kept as scrypt (RFC 7914), in a file of mode 0600 outside the repository."""

import asyncio
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Annotated

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from ground.edge.private_files import private_folder, read_private, write_private

COST, BLOCK, PARALLEL = 1 << 14, 8, 1  # 16 MB and some 50 ms: what RFC 7914 gives for log-ins
SHORTEST, LONGEST = 8, 200  # characters
AT_ONCE = 2  # passwords that are looked at at the same time

Cost = Annotated[int, msgspec.Meta(ge=1 << 10, le=1 << 17)]
Few = Annotated[int, msgspec.Meta(ge=1, le=16)]


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One password as it is kept; `salt` and `hash` in hexadecimal digits."""

    salt: str
    hash: str
    n: Cost = COST
    r: Few = BLOCK
    p: Few = PARALLEL


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    users: dict[str, Kept]


class Passwords:
    """The passwords of a file; read anew at each log-in, so that a change counts at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._nobody = keep(secrets.token_hex(16))
        self._turn = asyncio.Semaphore(AT_ONCE)
        read_passwords(file)

    async def is_of(self, user: str, password: str) -> bool:
        """Whether it is this person's; takes as long for somebody who does not exist."""
        kept = read_passwords(self._file).get(user)
        async with self._turn:
            right = await asyncio.to_thread(matches, kept or self._nobody, password)
        return right and kept is not None


def keep(password: str) -> Kept:
    """A new password as it is kept; raises ValueError for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(
            f"the password has {len(password)} characters; allowed are {SHORTEST} to {LONGEST}"
        )
    salt = secrets.token_bytes(16)
    return Kept(salt.hex(), _scrypt(password, salt, COST, BLOCK, PARALLEL).hex())


def matches(kept: Kept, password: str) -> bool:
    """Whether it is that one."""
    if len(password) > LONGEST:
        return False
    told = _scrypt(password, bytes.fromhex(kept.salt), kept.n, kept.r, kept.p)
    return hmac.compare_digest(told, bytes.fromhex(kept.hash))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def read_passwords(file: Path) -> dict[str, Kept]:
    """Who has which; nobody where there is no file. Raises ConfigurationError."""
    data = read_private(file)
    if data is None:
        return {}
    try:
        found = msgspec.json.decode(data, type=_File)
        for kept in found.users.values():
            bytes.fromhex(kept.salt), bytes.fromhex(kept.hash)
    except UNDECODABLE as error:
        raise ConfigurationError(str(file), None, "", f"no file of passwords: {error}") from error
    if found.format != 1:
        raise ConfigurationError(str(file), None, "format", f"= {found.format}: allowed is 1")
    return found.users


def set_password(file: Path, user: str, password: str) -> None:
    """Gives somebody a password; raises ValueError, ConfigurationError."""
    users = read_passwords(file) | {user: keep(password)}
    private_folder(file.parent)
    write_private(file, msgspec.json.format(msgspec.json.encode(_File(1, users))))

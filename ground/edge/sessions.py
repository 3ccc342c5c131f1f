"""Who is logged in: tokens, kept as hashes in a file of mode 0600, over restarts."""

import hashlib
import secrets
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from ground.api.times import DEFAULT_TIMES, Times
from ground.edge.private_files import keep_private, read_private, write_private

HOUR = 3600.0  # s
MOST = 200  # sessions; beyond, the one that was used longest ago ends
NOTED = 60.0  # wall seconds between writings of when a session was used


class Session(msgspec.Struct, forbid_unknown_fields=True):
    """A session: `number` names it in records, and is no secret."""

    user: str
    number: str
    used: float


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A one-time link."""

    user: str
    until: float


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    numbers: dict[str, int] = {}
    sessions: dict[str, Session] = {}
    links: dict[str, Link] = {}


class Sessions:
    """Sessions of people of `users`; `now` tells wall seconds since 1970."""

    def __init__(
        self,
        file: Path,
        users: Collection[str],
        now: Callable[[], float],
        times: Times = DEFAULT_TIMES,
    ) -> None:
        self._file, self._now = file, now
        self._idle, self._link_lasts = times.session_hours * HOUR, times.link_hours * HOUR
        data = read_private(file)
        try:
            self._kept = _Kept() if data is None else msgspec.json.decode(data, type=_Kept)
        except UNDECODABLE as error:
            raise ConfigurationError(
                str(file), None, "", f"no file of sessions ({error}); remove it: people log in anew"
            ) from error
        for token, session in list(self._kept.sessions.items()):
            if session.user not in users:
                del self._kept.sessions[token]

    def open(self, user: str) -> tuple[str, Session]:
        """A new session, and its token. One that cannot be kept lasts as long as this edge."""
        number = self._kept.numbers.get(user, 0) + 1
        self._kept.numbers[user] = number
        token = secrets.token_urlsafe(32)
        session = Session(user, f"{user}-{number}", self._now())
        self._end_those_over()
        if len(self._kept.sessions) >= MOST:
            oldest = min(self._kept.sessions, key=lambda each: self._kept.sessions[each].used)
            del self._kept.sessions[oldest]
        self._kept.sessions[_hash(token)] = session
        keep_private(self._file, self._encoded())
        return token, session

    def find(self, token: str) -> Session | None:
        """Whose session that is; None for nobody's, and for one that is over."""
        session = self._kept.sessions.get(_hash(token))
        now = self._now()
        if session is None or now - session.used > self._idle:
            return None
        if not 0.0 <= now - session.used <= NOTED:  # below: the wall's clock was set back
            session.used = now
            keep_private(self._file, self._encoded())
        return session

    def close(self, token: str) -> None:
        """Ends a session; raises OSError where it would be back with the next edge."""
        if self._kept.sessions.pop(_hash(token), None) is not None:
            self._write()

    def make_link(self, user: str) -> str:
        """A token that opens one session, once."""
        token = secrets.token_urlsafe(32)
        self._kept.links[_hash(token)] = Link(user, self._now() + self._link_lasts)
        self._end_those_over()
        self._write()
        return token

    def use_link(self, token: str) -> str | None:
        """Whose it is; from now on nobody's. Raises OSError where that cannot be kept: then it is
        not used."""
        link = self._kept.links.pop(_hash(token), None)
        if link is None:
            return None
        try:
            self._write()
        except OSError:
            self._kept.links[_hash(token)] = link
            raise
        return link.user if self._now() <= link.until else None

    def _end_those_over(self) -> None:
        now = self._now()
        kept = self._kept
        left = {k: each for k, each in kept.sessions.items() if now - each.used <= self._idle}
        kept.sessions = left
        links = {k: each for k, each in kept.links.items() if now <= each.until}
        kept.links = dict(list(links.items())[-MOST:])

    def _write(self) -> None:
        write_private(self._file, self._encoded())

    def _encoded(self) -> bytes:
        return msgspec.json.encode(self._kept)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Who may what: the roles that the edge's file gives, and those that an admin has given since."""

from collections.abc import Iterable

from ground.api.entries import Entry
from ground.mission_control.service.handling import Asked, Refused


class People:
    """The roles that were changed in this run, and by whom."""

    def __init__(self) -> None:
        self._roles: dict[str, tuple[str, ...]] = {}
        self._changed_by: dict[str, dict[str, None]] = {}

    def take(self, entry: Entry) -> None:
        """An entry of the journal about people."""
        user = entry.data["user"]
        self._roles[user] = tuple(entry.data["roles"])
        self._changed_by.setdefault(user, {})[entry.who] = None

    def roles(self, asked: Asked) -> tuple[str, ...]:
        """Of who asks."""
        return self._roles.get(asked.user, asked.roles)

    def has(self, asked: Asked, role: str) -> bool:
        """Whether who asks has a role."""
        return role in self.roles(asked)

    def need(self, asked: Asked, roles: Iterable[str], what: str) -> None:
        """Raises Refused where who asks has none of the roles."""
        wanted, own = tuple(roles), self.roles(asked)
        if wanted and not set(wanted) & set(own):
            raise Refused(
                f"{what} needs the role {' or '.join(wanted)}; {asked.user} has "
                f"{', '.join(own) or 'none'}"
            )

    def was_made_by(self, user: str, maker: str) -> bool:
        """Whether somebody has roles from another's hand."""
        return maker in self._changed_by.get(user, {})

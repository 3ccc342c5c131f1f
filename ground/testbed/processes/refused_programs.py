"""Programs that want to be heard in a run and are not: each is told, and a crowd now and then."""

from ground.testbed.host import Happenings

TOLD_AT = (1, 10, 100, 1_000, 10_000, 100_000)  # refusals: who is refused tries again, ten a second


class RefusedPrograms:
    """Tells of strangers, and of second programs of one name."""

    def __init__(self, happenings: Happenings) -> None:
        self._happenings = happenings
        self._seconds: dict[tuple[str, str], None] = {}  # that were told of

    def stranger(self, where: str, count: int) -> None:
        """Somebody without the keys of the run was refused, for the `count`th time."""
        if count in TOLD_AT:
            self._happenings.told(
                "stranger_refused",
                f"Somebody without the keys of the run was refused at {where}: {count} so far",
            )

    def second(self, service: str, name: str) -> None:
        """A second program speaks to a service under a name that is taken."""
        if (service, name) not in self._seconds:
            self._seconds[service, name] = None
            self._happenings.told(
                "second_program_refused",
                f"A second program calls itself {name} and speaks to {service}; it is not heard",
            )

"""What a client of mission control can be told."""


class MissionControlError(RuntimeError):
    """Something was not done; the text says what and why."""


class Refused(MissionControlError):
    """Mission control says no; the text says why."""


class NotServed(Refused):
    """Nobody serves there."""


class Unanswered(MissionControlError):
    """No answer has come: whether it was done nobody knows. With the same `key` it is done once."""

    def __init__(self, text: str, key: str = "") -> None:
        super().__init__(text)
        self.key = key


class RunStartedAgain(MissionControlError):
    """The run was started again: what was read so far is of another life of it."""

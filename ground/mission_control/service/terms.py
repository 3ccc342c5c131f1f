"""By when a command is to leave, and FIRE to be there: judged in one place, of what is released and
of what is previewed."""


def why_past(not_after_ns: int | None, now_ns: int) -> str:
    """Why it is too late for what was to leave by an instant (ns of mission time); "" where it is
    not."""
    if not_after_ns is None or now_ns <= not_after_ns:
        return ""
    return f"it was to leave by {not_after_ns} ns, and it is {now_ns} ns"


def why_fire_is_late(delivery: float, left: float) -> str:
    """Why FIRE is not sent after ARM's answer; "" where it would be there in time. `delivery`: s
    until it would be there, `left`: s that ARM lasts."""
    if delivery <= left:
        return ""
    return f"it would be there in {delivery:.0f} s, and ARM lasts {left:.0f} s more"

"""Limits of telemetry channels: yellow and red, with hysteresis, persistence and staleness."""

import math
from collections.abc import Callable
from enum import StrEnum

import msgspec

Range = tuple[float | None, float | None]
"""Lowest and highest allowed value; None means that this side has no limit."""


class LimitState(StrEnum):
    """OK, YELLOW and RED judge the value; INVALID and STALE say that there is none to judge."""

    OK = "OK"
    YELLOW = "YELLOW"
    RED = "RED"
    STALE = "STALE"
    INVALID = "INVALID"


_RANK = {LimitState.OK: 0, LimitState.YELLOW: 1, LimitState.RED: 2}


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of one channel, in the channel's unit; times in seconds.

    `hysteresis`: how far inside a limit a value must come back to clear it.
    `persistence`: for how long samples must lie outside a limit before the state worsens.
    `stale_after`: the age at which the last sample counts for nothing; None means never.

    Raises ValueError (in `msgspec.convert`: ValidationError) with a sentence when limits contradict
    each other.
    """

    yellow: Range = (None, None)
    red: Range = (None, None)
    hysteresis: float = 0.0
    persistence: float = 0.0
    stale_after: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("hysteresis", self.hysteresis), ("persistence", self.persistence)):
            if not 0.0 <= value < math.inf:
                raise ValueError(f"{name} = {value}: allowed is a finite number of at least 0")
        if self.stale_after is not None and not self.stale_after > 0.0:
            raise ValueError(f"stale_after = {self.stale_after}: allowed is a number above 0")
        for name, bounds in (("yellow", self.yellow), ("red", self.red)):
            if any(math.isnan(bound) for bound in _bounds(bounds)):
                raise ValueError(f"{name} = {bounds}: allowed are numbers, or None for no limit")
        red_low, red_high = _bounds(self.red)
        yellow_low, yellow_high = _bounds(self.yellow)
        if math.isfinite(yellow_low) and red_low > yellow_low:
            raise ValueError(f"red low = {red_low}: allowed is at most yellow low = {yellow_low}")
        if math.isfinite(yellow_high) and red_high < yellow_high:
            raise ValueError(
                f"red high = {red_high}: allowed is at least yellow high = {yellow_high}"
            )
        inner_low, inner_high = max(red_low, yellow_low), min(red_high, yellow_high)
        if not inner_high - inner_low > 2.0 * self.hysteresis:
            raise ValueError(
                f"the limits leave no value that clears them: between {inner_low} and {inner_high} "
                f"must lie more than twice the hysteresis of {self.hysteresis}"
            )


def _bounds(limits: Range) -> tuple[float, float]:
    low, high = limits
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def _outside(value: float, limits: Range, margin: float) -> bool:
    low, high = _bounds(limits)
    return value < low + margin or value > high - margin


def classify(value: float, limits: Limits, previous: LimitState = LimitState.OK) -> LimitState:
    """Judge one value: OK, YELLOW or RED, or INVALID for NaN.

    A limit which `previous` says is violated clears only `hysteresis` inside it. A value that lies
    on a limit is within it.
    """
    if math.isnan(value):
        return LimitState.INVALID
    rank = _RANK.get(previous, 0)
    for level, state, bounds in (
        (2, LimitState.RED, limits.red),
        (1, LimitState.YELLOW, limits.yellow),
    ):
        if _outside(value, bounds, limits.hysteresis if rank >= level else 0.0):
            return state
    return LimitState.OK


class LimitTransition(msgspec.Struct, frozen=True):
    """A change of a channel's state; `value` is the last sample (None: there was none)."""

    channel: str
    previous: LimitState
    state: LimitState
    value: float | None
    time: float


class LimitMonitor:
    """Follows one channel and reports each change of its state once.

    The state is STALE until the first sample; that a channel begins in OK is no news and is not
    reported. INVALID and STALE show at once and leave the counting of persistence as it is, so that
    a sensor that drops out now and then cannot hide a violation.
    """

    def __init__(
        self,
        channel: str,
        limits: Limits,
        on_transition: Callable[[LimitTransition], None],
        clock: Callable[[], float],
    ) -> None:
        self.channel = channel
        self.limits = limits
        self.state = LimitState.STALE
        self.value: float | None = None
        self._clock = clock
        self._on_transition = on_transition
        self._sampled: float | None = None
        self._level = LimitState.OK
        self._outside_since: dict[LimitState, float | None] = {}
        lows, highs = zip(_bounds(limits.red), _bounds(limits.yellow), strict=True)
        self._lowest, self._highest = max(lows), min(highs)  # of what is well, without hysteresis

    def update(self, value: float | None, *, valid: bool = True) -> LimitState:
        """Take a sample; `valid` False or a value of None or NaN means that the sensor failed."""
        now = self._clock()
        self.check()
        first = self._sampled is None
        self._sampled, self.value = now, value
        if not valid or value is None or math.isnan(value):
            self._enter(LimitState.INVALID, now)
            return self.state
        self._level = self._judge(value, now)
        if first and self._level is LimitState.OK:
            self.state = LimitState.OK
        self._enter(self._level, now)
        return self.state

    def check(self) -> LimitState:
        """Look at the age of the last sample; call it at least as often as `stale_after`."""
        limit = self.limits.stale_after
        if limit is not None and self._sampled is not None:
            now = self._clock()
            if now - self._sampled >= limit:
                self._enter(LimitState.STALE, now)
        return self.state

    def _judge(self, value: float, now: float) -> LimitState:
        """The worst level that samples have shown for long enough; getting better is immediate."""
        if self._level is LimitState.OK and self._lowest <= value <= self._highest:
            self._outside_since.clear()  # as nearly always
            return LimitState.OK
        shown = classify(value, self.limits, self._level)
        if _RANK[shown] <= _RANK[self._level]:
            self._forget_above(shown)
            return shown
        self._forget_above(shown)
        judged = self._level
        for state in (LimitState.YELLOW, LimitState.RED):
            if _RANK[self._level] < _RANK[state] <= _RANK[shown]:
                since = self._outside_since.get(state)
                if since is None:
                    since = self._outside_since[state] = now
                if now - since >= self.limits.persistence:
                    judged = state
        return judged

    def _forget_above(self, shown: LimitState) -> None:
        for state in (LimitState.YELLOW, LimitState.RED):
            if _RANK[state] > _RANK[shown]:
                self._outside_since[state] = None

    def _enter(self, state: LimitState, now: float) -> None:
        previous, self.state = self.state, state
        if previous is not state:
            self._on_transition(LimitTransition(self.channel, previous, state, self.value, now))

"""Faults of the answering: it does not come, comes late, or comes with the wrong time."""

import asyncio
from collections import deque
from typing import Annotated, Any, Literal

from flight.icd.amounts import Amount
from flight.runtime.pace import NANOSECONDS
from sim_hw.faults.device_call import DeviceCall, DevicePart, Pass, Proceed, tells_reading
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Injection
from sim_hw.serving.interposing import NoAnswer

Wait = Annotated[float, Amount("s", ge=0.0, le=1e7)]
Period = Annotated[float, Amount("s", gt=0.0, le=1e7)]
MOST_KEPT = 10_000  # of what was told, for what is to be told again


class AnswerKind(DeviceKind, frozen=True, kw_only=True):
    """A fault of answers: of readings and signals, and of any other method that is named."""

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return list(part.types())

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        return part.readings() or list(part.interface.methods)

    @classmethod
    def lacking(cls) -> str:
        return "nothing that could be asked"


class Dropout(AnswerKind, frozen=True, kw_only=True, tag="dropout"):
    """Nothing good comes: readings are marked invalid, or (`how: silent`) no answer comes at
    all. What cannot be marked does not come."""

    how: Literal["invalid", "silent"] = "invalid"

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        plain = await proceed(arguments)
        if self.how == "silent" or not tells_reading(call.method.result):
            injection.hit(call.where, "an answer", "none")
            raise NoAnswer
        return self._invalid(call.where, plain, injection)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        if self.how == "silent" or not tells_reading(kind):
            injection.hit(where, "a signal", "none")
            return
        proceed(self._invalid(where, plain, injection))

    def _invalid(self, where: str, plain: Any, injection: Injection) -> Any:
        if plain["valid"]:
            injection.hit(where, {"valid": True}, {"valid": False})
        return plain | {"valid": False}


class Delayed(AnswerKind, frozen=True, kw_only=True, tag="delayed"):
    """Answers and signals come `by` later; what was done is done in time."""

    by: Wait

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        plain = await proceed(arguments)
        if self.by > 0.0:
            injection.hit(call.where, "at once", f"{self.by:g} s later")
            await asyncio.sleep(self.by)
        return plain

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        if self.by <= 0.0:
            proceed(plain)
            return
        injection.hit(where, "at once", f"{self.by:g} s later")
        asyncio.get_running_loop().call_later(self.by, proceed, plain)


class Intermittent(Dropout, frozen=True, kw_only=True, tag="intermittent"):
    """Nothing good comes for `bad` s, then all is well for `good` s, and so on."""

    bad: Period
    good: Period

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        if self._is_good(injection):
            return await proceed(arguments)
        return await super().around(call, arguments, proceed, injection)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        if self._is_good(injection):
            proceed(plain)
        else:
            super().around_signal(where, kind, plain, proceed, injection)

    def _is_good(self, injection: Injection) -> bool:
        return (injection.now() - injection.since) % (self.bad + self.good) >= self.bad


class ToldKind(AnswerKind, frozen=True, kw_only=True):
    """A fault of what is told, at what tells something."""

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return [name for name, kind in part.types().items() if kind is not type(None)]

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        return part.readings()

    @classmethod
    def why_not(cls, part: DevicePart) -> str:
        return "" if cls.usual(part) else f"{part.service} has {cls.lacking()}"

    @classmethod
    def lacking(cls) -> str:
        return "nothing to tell that it measures"


class SlowRate(ToldKind, frozen=True, kw_only=True, tag="slow_rate"):
    """What is told is measured anew only every `period` s: until then it is the same again, with
    its old time stamp."""

    period: Period

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        return self._held(call.where, await proceed(arguments), injection)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        proceed(self._held(where, plain, injection))

    def _held(self, where: str, plain: Any, injection: Injection) -> Any:
        now = injection.now()
        taken, held = injection.memory.get(where, (-1e18, None))
        if now - taken >= self.period:
            injection.memory[where] = (now, plain)
            return plain
        if held != plain:
            injection.hit(where, plain, held)
        return held


class Stale(ToldKind, frozen=True, kw_only=True, tag="stale"):
    """What is told is what would have been told `age` before, with the time stamp of then; or the
    oldest that is known."""

    age: Wait

    def watch(self, where: str, kind: Any, plain: Any, injection: Injection) -> None:
        self._kept(where, plain, injection)

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        return self._old(call.where, await proceed(arguments), injection)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        proceed(self._old(where, plain, injection))

    def _kept(self, where: str, plain: Any, injection: Injection) -> deque[tuple[float, Any]]:
        kept: deque[tuple[float, Any]] = injection.memory.setdefault(where, deque(maxlen=MOST_KEPT))
        kept.append((injection.now(), plain))
        while len(kept) > 1 and kept[1][0] <= injection.now() - self.age:
            kept.popleft()
        return kept

    def _old(self, where: str, plain: Any, injection: Injection) -> Any:
        old = self._kept(where, plain, injection)[0][1]
        if old != plain:
            injection.hit(where, plain, old)
        return old


class StaleStamp(AnswerKind, frozen=True, kw_only=True, tag="stale_stamp"):
    """Readings are new and their time stamp is `age` too old; without `age` it stands still."""

    age: Wait | None = None

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return [name for name, kind in part.types().items() if tells_reading(kind)]

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        return cls.methods(part)

    @classmethod
    def lacking(cls) -> str:
        return "nothing to tell that carries a time stamp"

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        return self._stamped(call.where, await proceed(arguments), injection)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        proceed(self._stamped(where, plain, injection))

    def _stamped(self, where: str, plain: Any, injection: Injection) -> Any:
        before = plain["time_ns"]
        if self.age is None:
            after = injection.memory.setdefault(where, before)
        else:
            after = before - round(self.age * NANOSECONDS)
        if after != before:
            injection.hit(where, {"time_ns": before}, {"time_ns": after})
        return plain | {"time_ns": after}

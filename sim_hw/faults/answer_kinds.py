"""Faults of the answering: it does not come, comes late, or comes with the wrong time."""

import asyncio
from typing import Annotated, Any, Literal

from flight.icd.amounts import Amount
from sim_hw.faults.device_call import DeviceCall, DevicePart, Pass, Proceed, tells_reading
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Injection
from sim_hw.serving.interposing import NoAnswer

Wait = Annotated[float, Amount("s", ge=0.0, le=1e7)]


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

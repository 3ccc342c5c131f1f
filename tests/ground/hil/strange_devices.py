"""Devices that keep the words of the rules and are wrong beside them, each in one way."""

import math
from typing import Any

import msgpack

from sim_hw.bench.wire.memory_wire import MemoryWire
from tests.sim_hw.bench.reference_device import SILENCE, ReferenceDevice


class MovesOnAfterHello(ReferenceDevice):
    """A new boot of the bench makes it safe, and what moves goes on till a cancel."""

    def stop(self, state: str, *, reply: bool) -> None:
        if state != "new boot":
            super().stop(state, reply=reply)


class AnswersOtherThanItTold(ReferenceDevice):
    """Its result is not what its last effect said."""

    def reply(self, number: int, result: Any, *words: str) -> None:
        if isinstance(result, dict) and "seconds" in result:
            result = {**result, "distance": 0.9 * result["distance"]}
        super().reply(number, result, *words)


class CountsFromTheMotionBefore(ReferenceDevice):
    """What an effect tells is not since the start of its call."""

    before = 0.0

    def done(self, motion: dict[str, Any]) -> dict[str, Any]:
        told = super().done(motion)
        if abs(motion["goal"]) < 1.0:
            self.before = 0.2
            return told
        return {**told, "distance": math.copysign(self.before, motion["goal"]) + told["distance"]}


class IsOfTomorrow(ReferenceDevice):
    """Its samples are of negative age."""

    def write(self, message: bytes) -> None:
        said = msgpack.unpackb(message)
        super().write(msgpack.packb([*said[:-1], -5_000_000]))


class HasWordsOfItsOwn(ReferenceDevice):
    """Its errors are called as no rule has it."""

    def reply(self, number: int, result: Any, error: str = "", *words: str) -> None:
        super().reply(number, result, "error" if error else "", *words)


class GivesNoCode(ReferenceDevice):
    """Its faults say nothing that a program could go by."""

    def reply(
        self, number: int, result: Any, error: str = "", why: str = "", code: str = ""
    ) -> None:
        super().reply(number, result, error, why, "E42" if error == "fault" else "")


class ChecksItsFirstMotionAlone(ReferenceDevice):
    """`turn` takes what it gets."""

    def wrong(self, method: str, arguments: Any) -> str:
        if method == "turn":
            arguments["angle"] = float(arguments.get("angle") or 0.0)
            return ""
        return super().wrong(method, arguments)


class IsKeptAliveByNoise(ReferenceDevice):
    """Bytes of any kind are a word of the bench to its dead man."""

    def hear(self, data: bytes) -> None:
        if self.motion is not None and self.now() - self.heard_at <= SILENCE:
            self.heard_at = self.now()
        super().hear(data)


class IsDeafWhileItMoves(ReferenceDevice):
    """Readings are answered when it stands."""

    def call(self, number: int, method: str, arguments: Any, valid_ms: int) -> None:
        if method != "state" or self.motion is None:
            super().call(number, method, arguments, valid_ms)


class CountsMilliseconds(ReferenceDevice):
    """`uptime_us` rises, a thousand times too slow."""

    def reply(self, number: int, result: Any, *words: str) -> None:
        if isinstance(result, dict) and "uptime_us" in result:
            result = {"uptime_us": result["uptime_us"] // 1000}
        super().reply(number, result, *words)



class TakesNumbersOfAnyKind(ReferenceDevice):
    """A call of a number that there cannot be is a call."""

    def call(self, number: Any, method: str, arguments: Any, valid_ms: int) -> None:
        beyond = type(number) is int and number > 2**32 - 1
        super().call(number % 2**32 if beyond else number, method, arguments, valid_ms)


class ReadsALateOneAsNow(ReferenceDevice):
    """A call without its last word is valid for ever."""

    def call(self, number: Any, method: str, arguments: Any, valid_ms: Any = None) -> None:
        super().call(number, method, arguments, 1000 if valid_ms is None else valid_ms)


class StaysFreeOverThePlug(ReferenceDevice):
    """Who puts the plug in again within a second finds it as it was left: greeted, and let move."""

    def wire(self) -> MemoryWire:
        before = (self.greeted, self.safe) if self.last is not None else (False, True)
        wire = super().wire()
        if self.now() - self.heard_at <= SILENCE:
            self.greeted, self.safe = before
        return wire

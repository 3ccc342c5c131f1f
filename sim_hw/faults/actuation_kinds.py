"""Faults of what a device does when it is told to."""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault, Method
from sim_hw.faults.acknowledgements import acknowledgement
from sim_hw.faults.answer_kinds import Wait
from sim_hw.faults.arguments import numbers_of, signed_of, turned, with_numbers
from sim_hw.faults.device_call import DeviceCall, DevicePart, Proceed, moves
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Injection
from sim_hw.faults.reading_kinds import Share
from sim_hw.serving.interposing import NoAnswer


class ActuationKind(DeviceKind, frozen=True, kw_only=True):
    """A fault of actuations: of all that the device can do, or of the one that is named."""

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return [name for name in part.interface.methods if moves(part, name)]

    @classmethod
    def lacking(cls) -> str:
        return "nothing that it does: it only measures"


class AcknowledgedWithoutEffect(
    ActuationKind, frozen=True, kw_only=True, tag="acknowledged_without_effect"
):
    """The device says that it has done what it was told to, and has done nothing. `answer`: fields
    of its answer, where they are to be others than those of a success."""

    answer: dict[str, Any] = msgspec.field(default_factory=dict)

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        plain = msgspec.to_builtins(arguments, builtin_types=(bytes,))
        injection.hit(call.where, {"done": plain}, {"done": "nothing"})
        return await acknowledgement(call, plain, self.answer)


class EffectWithoutAcknowledgement(
    ActuationKind, frozen=True, kw_only=True, tag="effect_without_acknowledgement"
):
    """The device does what it is told to, and does not answer."""

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        await proceed(arguments)
        injection.hit(call.where, "an answer", "none")
        raise NoAnswer


class Slow(ActuationKind, frozen=True, kw_only=True, tag="slow"):
    """The device begins what it is told to `by` late."""

    by: Wait

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        if self.by > 0.0:
            injection.hit(call.where, "at once", f"{self.by:g} s later")
            await asyncio.sleep(self.by)
        return await proceed(arguments)


class NoMove(ActuationKind, frozen=True, kw_only=True, tag="no_move"):
    """Nothing moves, and the device says so: with the fault `code`, one of its interface, or the
    first of them that is not about power."""

    code: str = ""

    def check(self, part: DevicePart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        if self.code and self.code not in part.interface.fault_codes:
            codes = list(part.interface.fault_codes)
            raise NotAllowed("code", choices_words(self.code, codes, ""))

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        raise self.refusal(call, injection)

    def refusal(self, call: DeviceCall, injection: Injection) -> DeviceFault:
        """What the device says."""
        codes = call.part.interface.fault_codes
        own = [code for code in codes if code not in ("no_power", "off")]
        code = self.code or (own[0] if own else "stuck")
        injection.hit(call.where, "a motion", f"fault {code}")
        return DeviceFault(code, f"{call.where}: nothing moves")


class ArgumentKind(ActuationKind, frozen=True, kw_only=True):
    """A fault of how far, how much or how long; `fields` are arguments."""

    @classmethod
    def arguments(cls, method: Method) -> list[str]:
        """The arguments that it can change."""
        return numbers_of(method)

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        every = part.interface.methods
        return [name for name in super().methods(part) if cls.arguments(every[name])]

    @classmethod
    def lacking(cls) -> str:
        return "nothing that it is told by numbers"

    def check_fields(self, part: DevicePart, methods: list[str], fields: tuple[str, ...]) -> None:
        every = part.interface.methods
        fit = [name for m in methods for name in self.arguments(every[m])]
        for index, field in enumerate(fields):
            if field not in fit:
                raise NotAllowed(f"fields[{index}]", choices_words(field, fit, ""))

    def told(
        self, call: DeviceCall, arguments: dict[str, Any], injection: Injection
    ) -> dict[str, Any]:
        """What the device is told instead; hits when it is something else."""
        fit = self.arguments(call.method)
        names = [name for name in injection.fields if name in fit] if injection.fields else fit
        instead = self.instead(call.method, arguments, names) if names else arguments
        different = [name for name in arguments if _plain(instead[name]) != _plain(arguments[name])]
        if different:
            before = {name: _plain(arguments[name]) for name in different}
            injection.hit(call.where, before, {n: _plain(instead[n]) for n in different})
        return instead

    def instead(
        self, method: Method, arguments: dict[str, Any], names: list[str]
    ) -> dict[str, Any]:
        """Other arguments."""
        raise NotImplementedError

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        return await proceed(self.told(call, arguments, injection))


class Partial(ArgumentKind, frozen=True, kw_only=True, tag="partial"):
    """The device does only `share` of what it is told, and says that it is done."""

    share: Share

    def instead(
        self, method: Method, arguments: dict[str, Any], names: list[str]
    ) -> dict[str, Any]:
        return with_numbers(method, arguments, names, lambda value: value * self.share)


class Runaway(ArgumentKind, frozen=True, kw_only=True, tag="runaway"):
    """The device does `factor` times what it is told, up to what it can."""

    factor: Annotated[float, Meta(ge=1.0, le=1e6)] = 10.0

    def instead(
        self, method: Method, arguments: dict[str, Any], names: list[str]
    ) -> dict[str, Any]:
        return with_numbers(method, arguments, names, lambda value: value * self.factor)


class Reversed(ArgumentKind, frozen=True, kw_only=True, tag="reversed"):
    """The device does the contrary: numbers with the other sign, on for off."""

    @classmethod
    def arguments(cls, method: Method) -> list[str]:
        return signed_of(method)

    @classmethod
    def lacking(cls) -> str:
        return "nothing that it could be told the other way round"

    def instead(
        self, method: Method, arguments: dict[str, Any], names: list[str]
    ) -> dict[str, Any]:
        return turned(method, arguments, names)


class Jam(NoMove, frozen=True, kw_only=True, tag="jam"):
    """The first motion gets no farther than `at` of its way (where it is told by numbers; others
    do not begin), and from then on nothing moves. The device says so, with the fault `code`."""

    at: Share = 0.5

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        names = numbers_of(call.method)
        first = not injection.memory.get("jammed", False)
        injection.memory["jammed"] = True
        if first and names and self.at > 0.0:
            part = with_numbers(call.method, arguments, names, lambda value: value * self.at)
            await proceed(part)
        raise self.refusal(call, injection)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

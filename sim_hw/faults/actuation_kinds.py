"""Faults of what a device does when it is told to."""

from typing import Any

import msgspec

from sim_hw.faults.acknowledgements import acknowledgement
from sim_hw.faults.device_call import DeviceCall, DevicePart, Proceed, moves
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Injection
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

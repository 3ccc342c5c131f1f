"""The modes of a device as kinds of faults: those that only this one device has."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, ClassVar

import msgspec

from flight.configuration.files import NotAllowed
from sim_hw.faults.device_call import DeviceCall, DevicePart, Pass, Proceed
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Heal, Injection
from sim_hw.serving.failure_modes import FailureMode, mode_called

OWN = "own_"
"""What the name of a mode begins with where a general kind is called as it is."""


class OwnKind(DeviceKind, frozen=True, kw_only=True):
    """A mode of a device. It hits when it acts at once, or with each call of the device."""

    counted: ClassVar[bool] = False
    mode: ClassVar[FailureMode]

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return list(part.types())

    def check(self, part: DevicePart, method: str | None, fields: tuple[str, ...]) -> None:
        """Refuses what has no meaning at this device, by trying it: at the load that is hardware
        which is thrown away."""
        if method is not None:
            raise NotAllowed("method", f"none: {self.name()} is of the whole device")
        self.check_fields(part, [], fields)
        self.mode.begin(part.device, self._options())()

    def _options(self) -> msgspec.Struct:
        return msgspec.convert(msgspec.structs.asdict(self), self.mode.options)

    def begin(self, seam: Any, injection: Injection) -> Heal:
        heal = self.mode.begin(seam.part.device, self._options())
        if self.mode.at_once:
            injection.hit(seam.part.service, "sound", self.name())
        leave = seam.arm(self, injection, lambda: injection.active)

        def end() -> None:
            leave()
            heal()

        return end

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        injection.hit(call.where, None, self.name())
        return await proceed(arguments)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        injection.hit(where, None, self.name())
        proceed(plain)


def own_kinds(device: Any, taken: Iterable[str]) -> dict[str, type[OwnKind]]:
    """The modes of a device as kinds, by name; `taken`: what general kinds are called."""
    modes: dict[str, FailureMode] = getattr(type(device), "modes", {})
    general = frozenset(taken)
    kinds = (_kind(mode, OWN if name in general else "") for name, mode in modes.items())
    return {kind.name(): kind for kind in kinds}


@lru_cache(maxsize=512)
def _kind(mode: FailureMode, prefix: str) -> type[OwnKind]:
    fields: list[Any] = [
        (field.name, field.type, field.default)
        if field.default is not msgspec.NODEFAULT
        else (field.name, field.type)
        for field in msgspec.structs.fields(mode.options)
    ]
    return msgspec.defstruct(  # type: ignore[return-value]
        mode.options.__name__, fields, bases=(OwnKind,),
        namespace={"__doc__": mode.doc, "mode": mode},
        tag=prefix + mode.name, frozen=True, kw_only=True, forbid_unknown_fields=True,
        tag_field="kind",
    )  # fmt: skip


def mode_as_kind(device: Any, mode: str, options: dict[str, Any]) -> OwnKind:
    """A mode of a device with its options; raises ValueError for what the device does not have."""
    found = mode_called(device.service, device.modes, mode)
    return _kind(found, "")(**msgspec.structs.asdict(found.read(options)))

"""What both sorts of device faults stand on: those of readings and those of actuations."""

from typing import Any, ClassVar

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from sim_hw.faults.device_call import DeviceCall, DevicePart, Pass, Proceed
from sim_hw.faults.kind import FaultKind, Injection, TargetKind


class DeviceKind(FaultKind, frozen=True, kw_only=True):
    """A fault between a device and its drivers: it comes around calls and signals."""

    target: ClassVar[TargetKind] = "device"
    counted: ClassVar[bool] = True

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        """The methods and signals at which it can be."""
        raise NotImplementedError

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        """Those at which it is when none is named."""
        return cls.methods(part)

    @classmethod
    def lacking(cls) -> str:
        """What a device lacks that it cannot be at."""
        raise NotImplementedError

    @classmethod
    def why_not(cls, part: DevicePart) -> str:
        return "" if cls.methods(part) else f"{part.service} has {cls.lacking()}"

    def check(self, part: DevicePart, method: str | None, fields: tuple[str, ...]) -> None:
        methods = self.methods(part)
        if method is not None and method not in methods:
            raise NotAllowed("method", choices_words(method, methods, ""))
        self.check_fields(part, [method] if method else self.usual(part), fields)

    def check_fields(self, part: DevicePart, methods: list[str], fields: tuple[str, ...]) -> None:
        """Refuses fields that it cannot change; raises NotAllowed."""
        if fields:
            raise NotAllowed("fields", f"none: {self.name()} is of a call as a whole")

    # ---------------------------------------------------------------- at the seam

    def is_at(self, name: str, part: DevicePart, injection: Injection) -> bool:
        """Whether it comes around that method or signal."""
        if injection.method is not None:
            return name == injection.method
        return name in (self.methods(part) if injection.fields else self.usual(part))

    def wants(self, arguments: dict[str, Any], injection: Injection) -> bool:
        """Whether it comes around a call with such arguments."""
        return True

    def seen(self, arguments: dict[str, Any], injection: Injection) -> None:
        """Sees a call while it has not begun yet."""

    def watch(self, where: str, kind: Any, plain: Any, injection: Injection) -> None:
        """Sees plain data of a type that are told while it has not begun yet."""

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        """The answer to a call, as plain data; `proceed(arguments)` is what it would be without."""
        return await proceed(arguments)

    def around_signal(
        self, where: str, kind: Any, plain: Any, proceed: Pass, injection: Injection
    ) -> None:
        """Passes a signal on, or not."""
        proceed(plain)

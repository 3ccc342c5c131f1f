"""What a device does that nobody has told it to: an output that comes on by itself."""

from functools import partial
from typing import Any, ClassVar

import msgspec

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceError, DeviceRejected
from sim_hw.faults.actuation_kinds import ActuationKind
from sim_hw.faults.answer_kinds import Period
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.kind import Heal, Injection
from sim_hw.world.tubes import acting_unasked


class SpuriousActuation(ActuationKind, frozen=True, kw_only=True, tag="spurious_actuation"):
    """An output comes on by itself, as electronics do that start: the device does what `method`
    does, with `arguments`; and again `every` so many s, until it is healed. What cannot be undone
    has an arming relay as well, closed only while its vehicle tells it to act: nothing comes of one
    output alone, unless the relay is `welded`."""

    counted: ClassVar[bool] = False

    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    welded: bool = False
    every: Period | None = None

    @classmethod
    def usual(cls, part: DevicePart) -> list[str]:
        return cls.methods(part)[:1]

    def check(self, part: DevicePart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        name = method or self.usual(part)[0]
        try:
            part.interface.methods[name].unpack(self.arguments)
        except DeviceRejected as refusal:
            raise NotAllowed("arguments", f"what {part.service} takes: {refusal}") from refusal

    def begin(self, seam: Any, injection: Injection) -> Heal:
        self._come_on(seam, injection)
        return lambda: None

    def _come_on(self, seam: Any, injection: Injection) -> None:
        if not injection.active:
            return
        injection.start(self._act(seam, injection))
        if self.every is not None:
            injection.later(self.every, partial(self._come_on, seam, injection))

    async def _act(self, seam: Any, injection: Injection) -> None:
        part: DevicePart = seam.part
        name = injection.method or self.usual(part)[0]
        method, where = part.interface.methods[name], f"{part.service}.{name}"
        if method.irreversible and not self.welded and not seam.is_armed:
            injection.hit(where, "at rest", "at rest: its arming relay is open")
            return
        injection.hit(where, "at rest", {"done": dict(self.arguments)})
        try:
            with acting_unasked():
                await getattr(part.device, name)(**method.unpack(self.arguments))
        except DeviceError as error:
            injection.hit(where, {"done": dict(self.arguments)}, f"at rest: {error}")

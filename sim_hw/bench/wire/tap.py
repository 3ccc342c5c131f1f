"""A wire that is listened to, and that can be broken: what goes over it, both ways."""

from sim_hw.bench.recorder import Recorder
from sim_hw.bench.wire.fault_unit import FaultUnit
from sim_hw.bench.wire.wire import Hear, Lost, Wire, WireCounters


class TappedWire:
    """Like the wire itself, but for the fault unit and the recorder beside it (None: none)."""

    def __init__(
        self, wire: Wire, service: str, unit: FaultUnit, recorder: Recorder | None
    ) -> None:
        self._wire, self._unit, self._recorder = wire, unit, recorder
        self._sent, self._heard = f"/{service}/sent", f"/{service}/heard"
        self.name: str = getattr(wire, "name", service)
        self._hear: Hear = lambda payload: None
        self.counters: WireCounters = wire.counters
        self._closed = False

    def start(self, hear: Hear, lost: Lost) -> None:
        """Begins to hear."""
        self._hear = hear
        self._wire.start(self._take, lost)

    def _take(self, payload: bytes) -> None:
        if self._recorder is not None:
            self._recorder.payload(self._heard, payload)
        if self._unit.is_clear:
            self._hear(payload)
        else:
            self._unit.heard(payload, self._wire, self._pass_on)

    def _pass_on(self, payload: bytes) -> None:
        if not self._closed:
            self._hear(payload)

    def send(self, payload: bytes) -> bool:
        """Sends, as far as the fault unit lets it."""
        if self._recorder is not None:
            self._recorder.payload(self._sent, payload)
        return self._unit.sent(payload, self._wire)

    def close(self) -> None:
        """Lets go of the wire."""
        self._closed = True
        self._wire.close()

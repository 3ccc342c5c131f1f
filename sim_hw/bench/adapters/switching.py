"""What adapters of switches have in common: a switch is told, and what is read back counts. What
moves, of the same kind of instrument, is `moving`."""

from collections.abc import Mapping
from typing import Any

from flight.icd.devices.base import DeviceFault
from sim_hw.bench.adapters.adapter import AdapterSetting, Progress
from sim_hw.bench.adapters.moving import MovingAdapter


class SwitchingAdapter(MovingAdapter):
    """Base of those whose map has `switches` by name. A subclass tells one, and looks at one."""

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._switches: Mapping[str, Any] = setting.map.switches
        self._asked: tuple[str, bool] | None = None

    def tell_switch(self, name: str, closed: bool) -> None:
        """Tells it to close or to open; raises where that was not taken."""
        raise NotImplementedError

    def is_closed(self, name: str) -> bool:
        """What is read back of it."""
        raise NotImplementedError

    def begin(self, method: str, arguments: Mapping[str, Any]) -> None:
        if not self._switches:
            super().begin(method, arguments)
            return
        name, closed = arguments["name"], arguments["closed"]
        if name not in self._switches:
            known = ", ".join(self._switches)
            raise DeviceFault("stuck", f"no switch {name} is on this bench: there are {known}")
        self.tell_switch(name, closed)
        self._asked = (name, closed)

    def advance(self) -> Progress:
        if not self._switches:
            return super().advance()
        assert self._asked is not None
        (name, closed), self._asked = self._asked, None
        states = self.states()
        if states["closed"][name] is not closed:
            raise DeviceFault("stuck", _did_not(name, closed))
        return Progress(True, {}, states)

    def states(self) -> dict[str, Any]:
        """Of all of them, as the interface tells them; 0 W where the map has no power of one."""
        closed = {name: self.is_closed(name) for name in self._switches}
        power = {
            name: 0.0 if each.power is None else self.figure(each.power)
            for name, each in self._switches.items()
        }
        return {"closed": closed, "power": power}

    def not_so(self, wanted: Mapping[str, bool]) -> list[str]:
        """A sentence of each that is not closed, or open, as it was told to be."""
        return [
            _did_not(name, closed)
            for name, closed in wanted.items()
            if self.is_closed(name) is not closed
        ]


def _did_not(name: str, closed: bool) -> str:
    return f"{name} was told to {'close' if closed else 'open'} and did not"

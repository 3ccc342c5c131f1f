"""The switches of the power distribution, simulated."""


from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.power import PowerSwitches, SwitchStates
from sim_hw.power_and_heat.electrical import PowerSystemContext
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import Failing, failure, put
from sim_hw.serving.timestamps import mission_ns


class SimPowerSwitches(SimulatedDevice, PowerSwitches):
    """Moves the switches of an `Electrical`. Failure: `stuck` (names that do not move)."""

    def __init__(self, context: PowerSystemContext) -> None:
        super().__init__(context)
        self._electrical = context.electrical
        self.stuck: dict[str, None] = {}

    @failure
    def fail_stuck(self, switch: str) -> Failing:
        """A switch stays as it is."""
        switches = self._electrical.switches
        if switch not in switches:
            raise NotAllowed("switch", choices_words(switch, list(switches), ""))
        yield from put(self.stuck, switch, None)

    def names(self) -> tuple[str, ...]:
        return tuple(self._electrical.switches)

    async def state(self) -> SwitchStates:
        return self._state()

    async def set_switch(self, name: str, closed: bool) -> SwitchStates:
        switches = self._electrical.switches
        if name not in switches:
            known = ", ".join(switches) or "none"
            raise DeviceRejected(f"there is no switch {name!r}; there are: {known}")
        if name in self.stuck and switches[name] != closed:
            raise DeviceFault("stuck", f"switch {name} did not move")
        self._electrical.open_or_close(name, closed)
        return self._state()

    def _state(self) -> SwitchStates:
        electrical = self._electrical
        switches = electrical.switches
        return SwitchStates(
            time_ns=mission_ns(electrical.world.now()),
            closed=switches,
            power={name: electrical.load_of(name) for name in switches},
        )

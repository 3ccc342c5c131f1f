"""Holds a vehicle's table of witnesses against its devices: what is missing, what sees itself."""

from collections.abc import Callable, Mapping, Sequence

from flight.configuration.allowed_values import choices_words
from flight.core.fault_protection.witnesses import Confirmation
from flight.icd.devices.base import DeviceInterface, Method, Reading

Devices = Mapping[str, type[DeviceInterface]]


def witness_problems(
    table: Sequence[Confirmation], devices: Devices, switch_of: Callable[[str], str] = lambda _: ""
) -> list[str]:
    """What is wrong, as sentences; empty when each irreversible actuation has its witness.

    `switch_of`: the power switch that a device hangs on; "" where it has none. Rows of devices that
    this vehicle is built without are passed over.
    """
    wrong = []
    for each in table:
        if each.device in devices:
            reasons = [*_row_problems(each, devices), *_switch_problems(each, switch_of)]
            wrong += [f"{each.what}: {reason}" for reason in reasons]
    told = {each.actuation for each in table}
    for device, interface in devices.items():
        for name, method in interface.methods.items():
            if method.irreversible and f"{device}.{name}" not in told:
                wrong.append(f"{device}.{name}: cannot be undone, and nobody is named who sees it")
    return wrong


def _row_problems(each: Confirmation, devices: Devices) -> list[str]:
    acts, reason = _method(each.actuation, devices)
    if acts is None:
        return [reason]
    if acts.kind != "actuation":
        return [f"{each.actuation} is no actuation"]
    sees, reason = _method(each.witness, devices)
    if sees is None:
        return [reason]
    wrong = []
    if not (isinstance(sees.result, type) and issubclass(sees.result, Reading)):
        wrong.append(f"{each.witness} measures nothing")
    if sees.irreversible:
        wrong.append(f"{each.witness} is itself something that cannot be undone")
    if each.device == each.seen_by and not each.own_sensor:
        wrong.append(f"{each.device} is its own witness: name why its sensor is apart")
    if not each.unconfirmed:
        wrong.append("it is not said what is done when it is not confirmed")
    return wrong


def _switch_problems(each: Confirmation, switch_of: Callable[[str], str]) -> list[str]:
    """What goes dark together sees nothing of the other."""
    switch = switch_of(each.device)
    if each.device == each.seen_by or not switch or switch != switch_of(each.seen_by):
        return []
    if each.same_switch:
        return []
    return [
        f"{each.device} and its witness {each.seen_by} hang on the same power switch, {switch}: "
        "name another witness, or why it will do that both lose power at once"
    ]


def _method(path: str, devices: Devices) -> tuple[Method | None, str]:
    device, _, name = path.partition(".")
    if device not in devices:
        return None, f"{path}: {choices_words(device, list(devices))}"
    methods = devices[device].methods
    if name not in methods:
        return None, f"{path}: {choices_words(name, list(methods))}"
    return methods[name], ""

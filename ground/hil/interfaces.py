"""The device interfaces of the ICD, by name."""

import importlib
import pkgutil

import flight.icd.devices
from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError
from flight.icd.devices.base import DeviceInterface


def interfaces() -> dict[str, type[DeviceInterface]]:
    """Every interface, by its name."""
    found: dict[str, type[DeviceInterface]] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(flight.icd.devices.__path__)):
        importlib.import_module(f"flight.icd.devices.{module}")
    for kind in DeviceInterface.__subclasses__():
        if kind.__module__.startswith("flight.icd."):
            found[kind.__name__] = kind
    return dict(sorted(found.items()))


def interface_called(name: str) -> type[DeviceInterface]:
    """One by its name; raises ConfigurationError with those that there are."""
    known = interfaces()
    if name not in known:
        problem = f"= {name}: {choices_words(name, list(known))}"
        raise ConfigurationError("command line", None, "INTERFACE", problem)
    return known[name]

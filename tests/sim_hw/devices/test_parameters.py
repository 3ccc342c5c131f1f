"""What a vehicle file may say of a device: each figure has bounds, and nothing unknown is taken."""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import sim_hw.devices

PHASES_ARE_FREE = 1e30
"""No bound of a figure lies beyond."""


def parameters() -> Iterator[type[msgspec.Struct]]:
    for found in pkgutil.iter_modules(sim_hw.devices.__path__, "sim_hw.devices."):
        module = importlib.import_module(found.name)
        for kind in vars(module).values():
            ours = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
            if ours and kind.__module__ == module.__name__ and kind.__name__.endswith("Parameters"):
                yield kind


KINDS = {kind.__name__ + " of " + kind.__module__.rpartition(".")[2]: kind for kind in parameters()}


def test_the_devices_have_parameters() -> None:
    assert len(KINDS) > 40


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_each_figure_has_a_lowest_and_a_highest_value(kind: type[msgspec.Struct]) -> None:
    told = msgspec.inspect.type_info(kind)
    assert isinstance(told, msgspec.inspect.StructType)
    for field in told.fields:
        figure = field.type
        while isinstance(figure, msgspec.inspect.Metadata):
            figure = figure.type
        if isinstance(figure, msgspec.inspect.FloatType | msgspec.inspect.IntType):
            low = figure.ge if figure.ge is not None else figure.gt
            high = figure.le if figure.le is not None else figure.lt
            assert low is not None and high is not None, field.name
            assert -PHASES_ARE_FREE < low < high < PHASES_ARE_FREE, field.name


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_what_is_not_known_is_refused_and_what_is_read_stays(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.forbid_unknown_fields
    assert kind.__struct_config__.frozen

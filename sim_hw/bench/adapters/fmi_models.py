"""Instances of FMUs for co-simulation by FMI 2.0 and 3.0, as one: numbers in, numbers out, steps.

Of a model of either version only real numbers are known here: `Real` of 2.0, `Float64` of 3.0.
"""

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

REAL = {"2.0": "Real", "3.0": "Float64"}
"""What a number is called, by the version of FMI."""


class Model(Protocol):
    """One instance, which has been set up and begins at 0 s."""

    def set(self, reference: int, value: float) -> None:
        """Sets an input, by its reference."""

    def get(self, reference: int) -> float:
        """What an output is."""
        ...

    def step(self, at: float, seconds: float) -> None:
        """From an instant of its time (s) on; raises where the model fails, or wants to end."""

    def end(self) -> None:
        """No more of it; one that has failed is not ended in order."""


class Fmi2:
    """By FMI 2.0."""

    def __init__(self, described: Any, folder: str, parameters: Mapping[int, float]) -> None:
        from fmpy.fmi2 import FMU2Slave

        self._model = FMU2Slave(
            guid=described.guid, unzipDirectory=folder,
            modelIdentifier=described.coSimulation.modelIdentifier, instanceName="bench",
        )  # fmt: skip
        self._model.instantiate()
        self._model.setupExperiment(startTime=0.0)
        for reference, value in parameters.items():
            self.set(reference, value)
        self._model.enterInitializationMode()
        self._model.exitInitializationMode()

    def set(self, reference: int, value: float) -> None:
        self._model.setReal([reference], [value])

    def get(self, reference: int) -> float:
        (value,) = self._model.getReal([reference])
        return float(value)

    def step(self, at: float, seconds: float) -> None:
        self._model.doStep(currentCommunicationPoint=at, communicationStepSize=seconds)

    def end(self) -> None:
        _end(self._model)


class Fmi3:
    """By FMI 3.0, without events and without an early return: each step is one of the bench."""

    def __init__(self, described: Any, folder: str, parameters: Mapping[int, float]) -> None:
        from fmpy.fmi3 import FMU3Slave

        self._model = FMU3Slave(
            guid=described.instantiationToken, unzipDirectory=folder,
            modelIdentifier=described.coSimulation.modelIdentifier, instanceName="bench",
        )  # fmt: skip
        self._model.instantiate()
        for reference, value in parameters.items():
            self.set(reference, value)
        self._model.enterInitializationMode(startTime=0.0)
        self._model.exitInitializationMode()

    def set(self, reference: int, value: float) -> None:
        self._model.setFloat64([reference], [value])

    def get(self, reference: int) -> float:
        (value,) = self._model.getFloat64([reference])
        return float(value)

    def step(self, at: float, seconds: float) -> None:
        _, ends, early, reached = self._model.doStep(
            currentCommunicationPoint=at, communicationStepSize=seconds
        )
        if ends or early:
            why = "wants to end" if ends else "stopped within a step"
            raise OSError(f"the model {why}, at {reached:g} s")

    def end(self) -> None:
        _end(self._model)


def _end(model: Any) -> None:
    with contextlib.suppress(Exception):  # one that has failed is not ended in order
        model.terminate()
        model.freeInstance()


def instance_of(described: Any, folder: str, parameters: Mapping[int, float]) -> Model:
    """An instance of a model that was described, with its parameters by reference."""
    kind = Fmi3 if described.fmiVersion == "3.0" else Fmi2
    return kind(described, folder, parameters)

"""Models of suppliers as FMUs, for co-simulation, FMI 2.0, stepped in wall time. Needs `fmpy`.

What the simulated world does to the device goes to inputs of the model, its outputs are readings.
Overrun is defined: a model that is further behind the wall than `overrun` is a lost device.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from sim_hw.bench.adapters.adapter import Adapter, AdapterSetting, Identity, Place, Sample
from sim_hw.bench.adapters.fields import Scaled, check_fields, check_reads_only
from sim_hw.bench.wire.addresses import AddressRefused

FORM = "fmi:model.fmu, a file beside the bench file, or fmi:/absolute/path.fmu"
COMPUTING = 0.5  # of the time of one call, in which the model may catch up


class Variable(Scaled, frozen=True, forbid_unknown_fields=True):
    """One figure: an output of the model."""

    variable: str = ""


class Input(Scaled, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An input of the model: what is set = scale * stimulus + offset; `unit`: of the stimulus."""

    variable: Annotated[str, msgspec.Meta(min_length=1)]


class FmiMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`inputs`: by the names of the stimulus; `parameters`: of the model, at its start; `step`: of
    the communication with it; `overrun`: how far (s) it may be behind."""

    readings: dict[str, dict[str, Variable]]
    step: Annotated[float, Quantity("s", gt=0.0, le=10.0)]
    inputs: dict[str, Input] = {}
    parameters: dict[str, float] = {}
    overrun: Annotated[float, Quantity("s", gt=0.0, le=60.0)] = 1.0


class FmiAdapter(Adapter):
    """One instance of a model. `now` is the clock that it is stepped by, s."""

    Map: ClassVar[type[msgspec.Struct]] = FmiMap
    libraries = ("fmpy",)
    install = "pip install 'threeforks[fmi]'"

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: FmiMap = setting.map
        self.now = time.monotonic
        self._model: Any = None
        self._references: dict[str, int] = {}
        self._folder = ""
        self._begun = 0.0
        self._steps = 0

    @classmethod
    def place(cls, address: str) -> Place:
        _file_of(address)
        return Place("", local=True)  # anybody may have an instance of his own

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        check_reads_only(setting.interface, "fmi")
        check_fields(setting.interface, setting.map.readings)
        known = {each.name: each for each in _described(setting).modelVariables}
        named: dict[str, tuple[Any, str]] = {}
        for method, fields in setting.map.readings.items():
            for name, field in fields.items():
                if field.constant is None:
                    named[f"readings.{method}.{name}"] = (field, "output")
        for name, field in setting.map.inputs.items():
            named[f"inputs.{name}"] = (field, "input")
        for key, (field, causality) in named.items():
            _check_variable(key, known, field, causality)
        for name in setting.map.parameters:
            if name not in known or known[name].causality != "parameter":
                names = [each.name for each in known.values() if each.causality == "parameter"]
                raise NotAllowed(f"parameters.{name}", f"one of {', '.join(names) or 'none'}")

    def open(self) -> Identity:
        import fmpy
        from fmpy.fmi2 import FMU2Slave

        described = _described(self.setting)
        self._references = {each.name: each.valueReference for each in described.modelVariables}
        self._folder = tempfile.mkdtemp(prefix="threeforks-fmu-")
        fmpy.extract(_path_of(self.setting), self._folder)
        model = self._model = FMU2Slave(
            guid=described.guid, unzipDirectory=self._folder,
            modelIdentifier=described.coSimulation.modelIdentifier, instanceName="bench",
        )  # fmt: skip
        model.instantiate()
        model.setupExperiment(startTime=0.0)
        for name, value in self._map.parameters.items():
            model.setReal([self._references[name]], [value])
        model.enterInitializationMode()
        model.exitInitializationMode()
        self._begun, self._steps = self.now(), 0
        return Identity(
            described.modelName, described.guid, described.version or "",
            vendor=described.author or "",
        )  # fmt: skip

    def idle(self) -> None:
        self._catch_up()

    def _catch_up(self) -> None:
        """Steps the model to now; raises OSError where it has fallen too far behind."""
        step = self._map.step
        due = int((self.now() - self._begun) / step)
        stop = time.monotonic() + COMPUTING * self.setting.longest
        while self._steps < due:
            self._model.doStep(
                currentCommunicationPoint=self._steps * step, communicationStepSize=step
            )
            self._steps += 1
            if time.monotonic() > stop:
                break
        behind = self.now() - self._begun - self._steps * step
        if behind > self._map.overrun + step:
            raise OSError(f"the model is {behind:.2f} s behind: it is slower than the wall's time")

    def feel(self, stimulus: Mapping[str, float]) -> None:
        self._catch_up()
        for name, value in stimulus.items():
            given = self._map.inputs.get(name)
            if given is not None:
                self._model.setReal([self._references[given.variable]], [given.true(value)])

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        self._catch_up()
        values: dict[str, Any] = {}
        for name, field in self._map.readings[method].items():
            if field.constant is not None:
                values[name] = field.constant
            else:
                (raw,) = self._model.getReal([self._references[field.variable]])
                values[name] = field.true(raw)
        age = self.now() - self._begun - self._steps * self._map.step
        return Sample(values, max(0.0, age))

    def close(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            with contextlib.suppress(Exception):  # one that has failed is not ended in order
                model.terminate()
                model.freeInstance()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _file_of(address: str) -> str:
    scheme, _, name = address.partition(":")
    if scheme != "fmi" or not name.endswith(".fmu") or not name.isprintable():
        raise AddressRefused(f"{address}: allowed is {FORM}")
    return name


def _path_of(setting: AdapterSetting) -> Path:
    return setting.folder / _file_of(setting.address)


def _described(setting: AdapterSetting) -> Any:
    """The description of the model; raises NotAllowed where it is none, or of another kind."""
    import fmpy

    path = _path_of(setting)
    try:
        described = fmpy.read_model_description(path)
    except Exception as error:  # of a file that may be anything
        words = " ".join(str(error).split())[:200]
        problem = f"the map of an FMU; {path} is none that can be read: {words}"
        raise NotAllowed("", problem) from None
    if described.fmiVersion != "2.0" or described.coSimulation is None:
        raise NotAllowed("", f"the map of an FMU for co-simulation, FMI 2.0; {path} is another")
    return described


def _check_variable(key: str, known: Mapping[str, Any], field: Scaled, causality: str) -> None:
    variable = getattr(field, "variable", "")
    found = known.get(variable)
    if found is None or found.causality != causality or found.type != "Real":
        names = [
            each.name for each in known.values()
            if each.causality == causality and each.type == "Real"
        ]  # fmt: skip
        allowed = f"one of {', '.join(names)}" if names else f"none: it has no {causality}"
        raise NotAllowed(f"{key}.variable", allowed)
    if found.unit and found.unit != field.unit and (field.scale, field.offset) == (1.0, 0.0):
        allowed = f"{found.unit}, as the model has it, or a scale or an offset"
        raise NotAllowed(f"{key}.unit", allowed)

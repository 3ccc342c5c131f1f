"""Models of suppliers as FMUs, for co-simulation, FMI 2.0 or 3.0, stepped in wall time. Needs
`fmpy`.

What the simulated world does to the device goes to inputs of the model, its outputs are readings; a
motion is begun by inputs, and looked at by outputs.
Overrun is defined: a model that is further behind the wall than `overrun` is a lost device.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from flight.configuration.outside_files import check_regular
from flight.configuration.scratch_folder import ScratchFolder
from sim_hw.bench.adapters.adapter import AdapterSetting, Identity, Place, Sample
from sim_hw.bench.adapters.fields import Scaled, Target, check_fields, check_switches, field_value
from sim_hw.bench.adapters.fmi_models import REAL, Model, instance_of
from sim_hw.bench.adapters.moving import MotionMap, MovingAdapter, check_motions
from sim_hw.bench.wire.addresses import AddressRefused

FORM = "fmi:model.fmu, a file beside the bench file, or fmi:/absolute/path.fmu"
COMPUTING = 0.5  # of the time of one call, in which the model may catch up


Name = Annotated[str, msgspec.Meta(min_length=1)]


class Variable(Scaled, frozen=True, forbid_unknown_fields=True):
    """One figure: an output of the model."""

    variable: str = ""


class Input(Scaled, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An input of the model: what is set = scale * stimulus + offset; `unit`: of the stimulus."""

    variable: Name


class Effect(Variable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a motion; `relative`: what it has become less what it was at the beginning."""

    relative: bool = False


class Goal(Target, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The input that an argument goes to."""

    variable: Name


class Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An input, and what it becomes; a step is taken after it."""

    variable: Name
    value: float


class Motion(MotionMap, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One method: `arguments` and then `begin` are set; `status`: an output, as a whole number."""

    begin: Annotated[list[Set], msgspec.Meta(min_length=1)]
    status: Name
    effects: dict[str, Effect]
    arguments: dict[str, Goal] = msgspec.field(default_factory=dict)


class FmiMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`inputs`: by the names of the stimulus; `parameters`: of the model, at its start; `step`: of
    the communication with it; `overrun`: how far (s) it may be behind; `stop`: what stops what
    moves."""

    readings: dict[str, dict[str, Variable]]
    step: Annotated[float, Quantity("s", gt=0.0, le=10.0)]
    inputs: dict[str, Input] = {}
    parameters: dict[str, float] = {}
    overrun: Annotated[float, Quantity("s", gt=0.0, le=60.0)] = 1.0
    motions: dict[str, Motion] = {}
    stop: list[Set] = []


class FmiAdapter(MovingAdapter):
    """One instance of a model. `now` is the clock that it is stepped by, s."""

    Map: ClassVar[type[msgspec.Struct]] = FmiMap
    libraries = ("fmpy",)
    install = "pip install 'threeforks[fmi]'"

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: FmiMap = setting.map
        self.now = time.monotonic
        self._model: Model | None = None
        self._references: dict[str, int] = {}
        self._folder: ScratchFolder | None = None
        self._begun = 0.0
        self._steps = 0

    @classmethod
    def place(cls, address: str) -> Place:
        _file_of(address)
        return Place("", local=True)  # anybody may have an instance of his own

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        check_switches(setting.interface, {})
        # A model that lives in the process of its adapter dies with it: it needs no dead man.
        check_motions(setting.interface, "fmi", setting.map, watched=False)
        check_fields(setting.interface, setting.map.readings)
        described = _described(setting)
        known = {each.name: each for each in described.modelVariables}
        real = REAL[described.fmiVersion]
        named: dict[str, tuple[Any, str]] = {}
        for method, fields in setting.map.readings.items():
            for name, field in fields.items():
                if field.constant is None:
                    named[f"readings.{method}.{name}"] = (field, "output")
        for name, field in setting.map.inputs.items():
            named[f"inputs.{name}"] = (field, "input")
        for key, (field, causality) in named.items():
            _check_variable(f"{key}.variable", known, field.variable, causality, real)
            _check_unit(f"{key}.unit", known[field.variable], field)
        for key, variable, causality in _moved(setting.map):
            _check_variable(key, known, variable, causality, real)
        for name in setting.map.parameters:
            if name not in known or known[name].causality != "parameter":
                names = [each.name for each in known.values() if each.causality == "parameter"]
                raise NotAllowed(f"parameters.{name}", f"one of {', '.join(names) or 'none'}")

    def open(self) -> Identity:
        import fmpy

        described = _described(self.setting)
        self._references = {each.name: each.valueReference for each in described.modelVariables}
        self._folder = ScratchFolder("fmu-")
        folder = str(self._folder.path)
        fmpy.extract(_path_of(self.setting), folder)
        parameters = {
            self._references[name]: value for name, value in self._map.parameters.items()
        }
        self._model = instance_of(described, folder, parameters)
        self._begun, self._steps = self.now(), 0
        return Identity(
            described.modelName, described.guid, described.version or "",
            vendor=described.author or "",
        )  # fmt: skip

    def idle(self) -> None:
        self._catch_up()

    def _step(self) -> None:
        assert self._model is not None
        self._model.step(self._steps * self._map.step, self._map.step)
        self._steps += 1

    def _catch_up(self) -> None:
        """Steps the model to now; raises OSError where it has fallen too far behind."""
        step = self._map.step
        due = int((self.now() - self._begun) / step)
        stop = time.monotonic() + COMPUTING * self.setting.longest
        while self._steps < due:
            self._step()
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
                self._set(given.variable, given.true(value))

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        self._catch_up()
        hints = get_type_hints(self.setting.interface.methods[method].result, include_extras=True)
        values = {
            name: field_value(hints[name], self.figure(field))
            for name, field in self._map.readings[method].items()
        }
        age = self.now() - self._begun - self._steps * self._map.step
        return Sample(values, max(0.0, age))

    def figure(self, entry: Variable) -> float:
        return entry.constant if entry.constant is not None else entry.true(
            self._get(entry.variable)
        )  # fmt: skip

    def _get(self, variable: str) -> float:
        assert self._model is not None
        return self._model.get(self._references[variable])

    def _set(self, variable: str, value: float) -> None:
        assert self._model is not None
        self._model.set(self._references[variable], value)

    # ------------------------------------------------------------------ motions

    @property
    def is_open(self) -> bool:
        return self._model is not None

    def start(self, motion: Motion, values: Mapping[str, float]) -> None:
        self._catch_up()
        for name, goal in motion.arguments.items():
            self._set(goal.variable, values[name])
        for each in motion.begin:
            self.tell(each)

    def tell(self, step: Set) -> None:
        """What is set is seen by the next step: so one is taken, ahead of the wall."""
        self._set(step.variable, step.value)
        self._step()

    def status(self, motion: Motion) -> int:
        self._catch_up()
        return round(self._get(motion.status))

    def close(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            model.end()
        if self._folder is not None:
            self._folder.remove()


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
        check_regular(path, "an FMU")
        described = fmpy.read_model_description(path)
    except Exception as error:  # of a file that may be anything
        words = " ".join(str(error).split())[:200]
        problem = f"the map of an FMU; {path} is none that can be read: {words}"
        raise NotAllowed("", problem) from None
    version = str(described.fmiVersion)
    if version not in REAL or described.coSimulation is None:
        what = f"FMI {version}" + ("" if described.coSimulation else ", and for no co-simulation")
        allowed = f"the map of an FMU for co-simulation, FMI {' or '.join(REAL)}"
        raise NotAllowed("", f"{allowed}; {path} is of {what}")
    return described


def _moved(mapped: FmiMap) -> Iterator[tuple[str, str, str]]:
    """The variables of motions: the key, the name, and what it has to be."""
    for method, motion in mapped.motions.items():
        at = f"motions.{method}"
        for name, goal in motion.arguments.items():
            yield f"{at}.arguments.{name}.variable", goal.variable, "input"
        for index, each in enumerate(motion.begin):
            yield f"{at}.begin[{index}].variable", each.variable, "input"
        yield f"{at}.status", motion.status, "output"
        for name, effect in motion.effects.items():
            if effect.constant is None:
                yield f"{at}.effects.{name}.variable", effect.variable, "output"
    for index, each in enumerate(mapped.stop):
        yield f"stop[{index}].variable", each.variable, "input"


def _check_variable(
    key: str, known: Mapping[str, Any], variable: str, causality: str, real: str
) -> None:
    found = known.get(variable)
    if found is None or found.causality != causality or found.type != real:
        names = [
            each.name for each in known.values()
            if each.causality == causality and each.type == real
        ]  # fmt: skip
        allowed = f"one of {', '.join(names)}" if names else f"none: it has no {causality}"
        raise NotAllowed(key, allowed)


def _check_unit(key: str, found: Any, field: Scaled) -> None:
    if found.unit and found.unit != field.unit and (field.scale, field.offset) == (1.0, 0.0):
        allowed = f"{found.unit}, as the model has it, or a scale or an offset"
        raise NotAllowed(key, allowed)

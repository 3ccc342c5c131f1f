"""Configuration files are read into types, and what does not fit is refused in a sentence."""

import enum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from flight.configuration import files as configuration
from flight.configuration.files import (
    ConfigurationError,
    Quantity,
    configs_folder,
    find_configuration,
    load_configuration,
    quantities,
)


class Relay(enum.Enum):
    MRO = "mro"
    TGO = "tgo"


class Tubes(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=43)]
    names: Annotated[list[str], Meta(max_length=3)] = []


class Drive(msgspec.Struct, tag="drive", tag_field="do"):
    east: float


class Wait(msgspec.Struct, tag="wait", tag_field="do"):
    hours: Annotated[float, Meta(gt=0)]


class _Loop(msgspec.Struct):
    steps: "list[_Loop]" = []


class Rover(msgspec.Struct):
    wheel_radius: Annotated[float, Quantity(unit="m", gt=0, le=1)]
    friction: Annotated[float, Quantity(unit="1", ge=0)] | None = None
    joint_limits: Annotated[list[float], Quantity(unit="deg")] = []


class Mission(msgspec.Struct):
    name: str
    tubes: Tubes
    relay: Relay = Relay.MRO
    mode: Literal["virtual", "paced"] = "virtual"
    loss: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    quiet: bool = False
    steps: list[Drive | Wait] = []
    offsets: dict[str, float] = {}
    corner: tuple[float, float] | None = None
    rover: Rover | None = None
    first_sol: int = 0
    last_sol: int = 9

    def __post_init__(self) -> None:
        if self.last_sol < self.first_sol:
            raise ValueError(f"last_sol = {self.last_sol} lies before first_sol = {self.first_sol}")


MINIMUM = "name: short\ntubes:\n  count: 2\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write_file(text: str) -> Path:
        Path("mission.yaml").write_text(text, encoding="utf-8")
        return Path("mission.yaml")

    return write_file


def refusal(path: Path, kind: type = Mission) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(path, kind)
    return str(refused.value)


def test_a_file_is_read_into_its_type(write):
    mission = load_configuration(
        write(
            MINIMUM
            + "  names: [Malay, Mageik]\nrelay: tgo\nloss: 1e-3\nquiet: true\noffsets: {a: 1}\n"
            + "corner: [1, 2.5]\nsteps:\n  - {do: drive, east: 4}\n  - {do: wait, hours: .5}\n"
        ),
        Mission,
    )
    assert mission == Mission(
        name="short",
        tubes=Tubes(count=2, names=["Malay", "Mageik"]),
        relay=Relay.TGO,
        loss=0.001,
        quiet=True,
        offsets={"a": 1.0},
        corner=(1.0, 2.5),
        steps=[Drive(east=4.0), Wait(hours=0.5)],
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("loss: 1.5", ":4: loss = 1.5: allowed is a finite number >= 0 and < 1"),
        ("loss: much", ':4: loss = "much": allowed is a finite number >= 0 and < 1'),
        ("loss: .nan", ":4: loss = .nan: allowed is a finite number"),
        ("loss: -.inf", ":4: loss = -.inf: allowed is a finite number"),
        ("loss: 1e999", ":4: loss = 1e999: allowed is a finite number"),
        ("offsets: {a: .nan}", ":4: offsets.a = .nan: allowed is a finite number"),
        ("offsets: {a: .inf}", ":4: offsets.a = .inf: allowed is a finite number"),
        ("offsets: {a: 1e999}", ":4: offsets.a = 1e999: allowed is a finite number"),
        ("loss: true", ":4: loss = true: allowed is a finite number >= 0 and < 1"),
        ("loss:", ":4: loss = nothing: allowed is a finite number >= 0 and < 1"),
        ("loss: [1]", ":4: loss = a list of 1: allowed is a finite number >= 0 and < 1"),
        ("first_sol: true", ":4: first_sol = true: allowed is an integer"),
        ("first_sol: 1.0", ":4: first_sol = 1.0: allowed is an integer"),
        ("quiet: 1", ":4: quiet = 1: allowed is true or false"),
        ("quiet: yes", ':4: quiet = "yes": allowed is true or false'),
        ("relay: mor", ':4: relay = "mor": allowed is one of "mro", "tgo"'),
        ("mode: fast", ':4: mode = "fast": allowed is one of "virtual", "paced"'),
        ("steps: 3", ":4: steps = 3: allowed is a list"),
        ("steps:\n  - {do: drive, east: x}", ':5: steps[0].east = "x": allowed is a finite number'),
        ("steps: [{do: wait}]", ":4: steps[0].hours is missing: allowed is a finite number > 0"),
        (
            "steps: [{do: dirve}]",
            ':4: steps[0].do = "dirve": allowed is one of "drive", "wait" (did you mean drive?)',
        ),
        ("steps: [{east: 1}]", ':4: steps[0].do is missing: allowed is one of "drive", "wait"'),
        ("offsets: {a: 1, b: c}", ':4: offsets.b = "c": allowed is a finite number'),
        ("offsets: {[1]: 1}", ":4: offsets: a key must be a text"),
        ("corner: [1]", ":4: corner = a list of 1: allowed is a list of 2 items"),
        ("rover: 3", ":4: rover = 3: allowed is a mapping with the keys wheel_radius, friction"),
        ("name: again", ":4: name is given twice (first on line 1): allowed is once"),
        ("last_sol: -1", ":1: the document: last_sol = -1 lies before first_sol = 0"),
        ("quiet: !!bool maybe", ":4: quiet = maybe: allowed is a value that its tag permits"),
        ("loss: !!python/name:os.system 1", "is not known: allowed is none"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(write, lines, said):
    message = refusal(write(MINIMUM + lines + "\n"))
    assert message.startswith("mission.yaml:")
    assert said in message


def test_a_number_out_of_range_names_its_line_and_path(write):
    path = write("name: short\ntubes:\n\n  # how many\n  count: -3\n")
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(path, Mission)
    assert (refused.value.file, refused.value.line, refused.value.key) == (
        "mission.yaml",
        5,
        "tubes.count",
    )
    assert str(refused.value) == (
        "mission.yaml:5: tubes.count = -3: allowed is an integer >= 1 and <= 43"
    )


def test_an_unknown_key_lists_the_known_and_the_nearest(write):
    assert refusal(write(MINIMUM + "  nmes: []\n")) == (
        'mission.yaml:4: tubes.nmes is not a known key: allowed is one of "count", "names"'
        " (did you mean names?)"
    )


def test_a_missing_key_says_what_it_should_be(write):
    assert refusal(write("name: short\ntubes:\n  names: []\n")) == (
        "mission.yaml:3: tubes.count is missing: allowed is an integer >= 1 and <= 43"
    )


def test_a_list_that_is_too_long_is_refused(write):
    message = refusal(write(MINIMUM + "  names: [a, b, c, d]\n"))
    assert "tubes.names = a list of 4: allowed is a list of at most 3 items" in message


def test_a_key_given_twice_deep_down_is_refused(write):
    message = refusal(write(MINIMUM + "offsets:\n  a: 1\n  b: 2\n  a: 3\n"))
    assert message.startswith("mission.yaml:7: offsets.a is given twice (first on line 5)")


def test_a_missing_file_is_refused(tmp_path):
    assert "the file cannot be read: No such file" in refusal(tmp_path / "absent.yaml")


@pytest.mark.parametrize("text", ["", "\n# only a comment\n"])
def test_an_empty_file_is_refused(write, text):
    assert refusal(write(text)) == "mission.yaml: the file is empty"


@pytest.mark.parametrize(
    ("text", "line"),
    [("name: [1, 2\ntubes: 3\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: 1\n---\nb: 2\n", 2),
     ("a: 1\nb: x\0y\n", 2)],
)  # fmt: skip
def test_broken_yaml_is_refused_with_its_line(write, text, line):
    said = refusal(write(text))
    assert said.startswith(f"mission.yaml:{line}: this is not YAML: ") and said.isprintable()


def test_a_character_that_is_no_text_is_refused_with_its_line(write):
    message = refusal(write("name: Kodiak\n# a bell: \x07\n"))
    assert message == "mission.yaml:2: this is not YAML: the character U+0007 is no text"


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "the file is not UTF-8 text" in refusal(path)


def test_a_document_that_is_no_mapping_is_refused(write):
    assert refusal(write("- 1\n- 2\n")).startswith(
        "mission.yaml:1: the document = a list of 2: allowed is a mapping with the keys name, tubes"
    )


def test_an_alias_that_contains_itself_is_refused(write):
    class Free(msgspec.Struct):
        anything: object

    said = refusal(write("name: a\nanything: &a [*a]\n"), Free)
    assert said.startswith("mission.yaml:2: anything[0] is an alias of what it stands in")


def test_a_list_of_steps_that_contains_itself_is_refused(write):
    said = refusal(write("steps: &a\n  - {steps: *a}\n"), _Loop)
    assert said.startswith("mission.yaml:1: steps[0].steps is an alias of what it stands in")


def test_a_file_that_is_nested_too_deeply_is_refused(write):
    said = refusal(write("name: " + "[" * 5000 + "]" * 5000), Mission)
    assert "nested too deeply" in said or "lies deeper" in said, said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("12:30", "12:30"),
        ("2028-08-01", "2028-08-01"),
        ("0x1F", "0x1F"),
        ("no", "no"),
    ],
)
def test_texts_that_older_yaml_would_convert_stay_texts(write, text, value):
    assert load_configuration(write(f"name: {text}\ntubes: {{count: 1}}\n"), Mission).name == value


# ------------------------------------------------------------------ quantities

GOOD = '{value: 0.25, unit: m, source: "MER practice"}'


def test_a_quantity_gives_the_plain_number(write):
    path = write(f"wheel_radius: {GOOD}\nfriction: {{value: 1, unit: 1, source: assumed}}\n")
    assert load_configuration(path, Rover) == Rover(wheel_radius=0.25, friction=1.0)


def test_a_quantity_may_be_a_list(write):
    path = write(
        f"wheel_radius: {GOOD}\njoint_limits: {{value: [-170, 170], unit: deg, source: assumed}}\n"
    )
    assert load_configuration(path, Rover).joint_limits == [-170.0, 170.0]


def test_quantities_are_listed_with_unit_source_and_line(write):
    path = write(f"friction: null\nwheel_radius: {GOOD}\n")
    assert quantities(path, Rover) == [
        configuration.QuantityEntry("wheel_radius", 0.25, "m", "MER practice", 2)
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "0.25",
            "wheel_radius = 0.25: allowed is a finite number > 0 and <= 1, in m, "
            'written {value: ..., unit: "m", source: ...}',
        ),
        ("{value: 25, unit: cm, source: a}", 'wheel_radius.unit = "cm": allowed is the unit "m"'),
        ("{value: 0.25, source: a}", "wheel_radius.unit is missing"),
        ("{value: 0.25, unit: m}", "wheel_radius.source is missing"),
        ("{value: 0.25, unit: m, source: ' '}", "allowed is a text that says where the figure"),
        ("{value: 0.25, unit: m, source: 3}", "allowed is a text that says where the figure"),
        ("{unit: m, source: a}", "wheel_radius.value is missing"),
        (
            "{value: 2, unit: m, source: a}",
            "wheel_radius.value = 2: allowed is a finite number > 0",
        ),
        ("{value: true, unit: m, source: a}", "wheel_radius.value = true: allowed is a finite"),
        ("{value: .nan, unit: m, source: a}", "wheel_radius.value = .nan: allowed is a finite"),
        ("{value: 0.2, units: m, source: a}", "wheel_radius.units is not a known key"),
    ],
)
def test_a_quantity_that_does_not_fit_is_refused(write, given, said):
    message = refusal(write(f"# the rover\nwheel_radius: {given}\n"), Rover)
    assert message.startswith("mission.yaml:2: ")
    assert said in message


# ------------------------------------------------------------------ any value at all

plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=plain_values)
def test_whatever_a_key_holds_it_is_read_or_refused_in_a_sentence(tmp_path_factory, value):
    import yaml

    path = tmp_path_factory.mktemp("any") / "any.yaml"
    path.write_text(yaml.safe_dump({"name": "n", "tubes": {"count": 1}, "steps": value}))
    try:
        mission = load_configuration(path, Mission)
    except ConfigurationError as error:
        assert "any.yaml" in str(error)
    else:
        assert mission.steps == value == []


# ------------------------------------------------------------------ where the files lie


def test_a_name_is_found_in_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration, "configs_folder", lambda: tmp_path)
    (tmp_path / "missions").mkdir()
    (tmp_path / "missions" / "nominal.yaml").write_text(MINIMUM)
    assert find_configuration("missions", "nominal") == tmp_path / "missions" / "nominal.yaml"
    with pytest.raises(
        ConfigurationError, match=r"no 'nomnal' in missions.*did you mean nominal\?"
    ):
        find_configuration("missions", "nomnal")


def test_a_path_is_taken_as_it_is():
    assert find_configuration("missions", "elsewhere/mine.yaml") == Path("elsewhere/mine.yaml")


def test_the_configurations_of_a_checkout_lie_at_its_top(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration.flight, "__file__", str(tmp_path / "flight" / "__init__.py"))
    with pytest.raises(ConfigurationError, match="there is no folder of configurations"):
        configs_folder()
    (tmp_path / "configs").mkdir()
    assert configs_folder() == tmp_path / "configs"


def test_the_configurations_of_an_installation_lie_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration.flight, "__file__", str(tmp_path / "flight" / "__init__.py"))
    (tmp_path / "configs").mkdir()
    (tmp_path / "flight" / "configs").mkdir(parents=True)
    assert configs_folder() == tmp_path / "flight" / "configs"

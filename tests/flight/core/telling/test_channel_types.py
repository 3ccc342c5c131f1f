"""A channel takes what is of its type, and bends nothing into it."""

import pytest

from flight.core.telling.channels import Channel, ChannelTable


def table() -> ChannelTable:
    channels = {
        name: Channel(kind, doc=name)
        for name, kind in (("whole", int), ("flag", bool), ("number", float), ("text", str))
    }
    for name, channel in channels.items():
        channel.name = name
    return ChannelTable(channels, lambda: 0.0, lambda crossing: None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole", 2.9),
        ("whole", 2.0),
        ("whole", True),
        ("whole", "2"),
        ("flag", "false"),
        ("flag", 0),
        ("number", "1.5"),
        ("number", True),
        ("text", 5),
    ],
)
def test_a_channel_refuses_what_is_not_of_its_type(name: str, value: object) -> None:
    channels = table()
    with pytest.raises(TypeError, match=f"channel {name} = .*allowed is a value"):
        channels.set(name, value)
    assert channels.value(name) is None
    assert channels.snapshot() == {}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("whole", 2, 2),
        ("flag", False, False),
        ("number", 2, 2.0),
        ("text", "x", "x"),
        ("number", float("nan"), None),
        ("whole", float("nan"), None),
        ("flag", None, None),
    ],
)
def test_a_channel_takes_its_type_and_what_says_that_there_is_no_value(
    name: str, value: object, kept: object
) -> None:
    channels = table()
    channels.set(name, value)
    assert channels.value(name) == kept
    assert type(channels.value(name)) is type(kept)


@pytest.mark.parametrize(("unknown_is_normal", "told"), [(True, []), (False, ["INVALID", "OK"])])
def test_no_value_is_a_warning_unless_that_is_normal(
    unknown_is_normal: bool, told: list[str]
) -> None:
    channel = Channel(float, doc="slip", yellow=(None, 0.8), unknown_is_normal=unknown_is_normal)
    channel.name = "slip"
    heard: list[str] = []
    channels = ChannelTable(
        {"slip": channel}, lambda: 0.0, lambda crossing: heard.append(crossing.state)
    )
    for value in (0.1, None, 0.2):
        channels.set("slip", value)
    assert heard == told
    channels.set("slip", 0.9)  # what is known is judged all the same
    assert heard == [*told, "YELLOW"]

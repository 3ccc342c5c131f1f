"""What the fields of requests may be; the bounds are wide enough for any mission of years."""

from typing import Annotated, Any

from msgspec import Meta, Struct

EDGE = "edge"
"""Who tells that people's time is over; nobody may be called so."""
PERSON = "operator."
"""How the origin of a command begins that a person has sent."""
Name = Annotated[str, Meta(min_length=1, max_length=80)]
"""Of a vehicle, a command, a channel, an event, a person."""
Person = Annotated[str, Meta(min_length=1, max_length=80, extra={"person": True})]
"""Of one of those who operate; who keeps their list refuses other names."""
Number = Annotated[int, Meta(ge=0, le=2**53)]
"""Of an entry of the journal, an alarm, a step: what every client can count in."""
Nanoseconds = Annotated[int, Meta(ge=-(2**61), le=2**61)]
"""Of mission time: 73 years either way, so that differences are 64 bits as well."""
Seconds = Annotated[float, Meta(ge=0.0, le=1e10)]
Note = Annotated[str, Meta(max_length=2000)]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""SHA-256, in hexadecimal digits."""
Key = Annotated[str, Meta(min_length=1, max_length=120)]
"""A text that a client gives to one change, and to that alone: repeated, it is not done twice."""
StageName = Annotated[str, Meta(pattern=r"^st-[0-9]{1,9}$(?!\n)")]
Rate = Annotated[float, Meta(ge=0.0)]
"""Mission seconds in a second; 0: it stands."""
Limit = Annotated[int, Meta(ge=1, le=1000)]
"""Of the rows of an answer."""
Arguments = dict[str, Any]
"""Of a command or a procedure, by name; the dictionary says what each may be."""
Lifetime = Annotated[float, Meta(ge=1.0, le=86_400.0)]
"""Seconds that an arming lasts."""
Condition = Annotated[str, Meta(min_length=1, max_length=500)]
"""Of telemetry, such as `rover.mode == 'idle' and rover.charge > 0.4`."""
JOURNAL_TOPICS = (
    "cmd", "ev", "alarm", "proc", "pass", "authority", "audit", "custody", "stack", "limits",
    "fault", "people",
)  # fmt: skip
Topic = Annotated[str, Meta(pattern=rf"^({'|'.join(JOURNAL_TOPICS)})$(?!\n)")]
Topics = Annotated[tuple[Topic, ...], Meta(max_length=20)]


class Request(Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", omit_defaults=True):
    """Base of all that people ask; `do` says what."""


class Read(Request, frozen=True):
    """Base of those that only look: they change no bit of a run, and are answered at once."""


class Change(Request, frozen=True):
    """Base of those that change something: each is an input of the run, recorded with its time."""

"""The typed arguments of a command that starts a state: declared once, where the work is done.

    class DriveTo(Arguments, frozen=True):
        east: Metres
        north: Metres

    async def drive(node: Rover, signal: Signal) -> str:
        goal = signal.given(DriveTo)

    @command(deadline=3600.0, starts="driving")
    def drive_to(self, goal: DriveTo) -> None: ...

The command's arguments are the fields, on the wire and in the dictionary too.
"""

from typing import Annotated, Any

import msgspec

TubeId = Annotated[str, msgspec.Meta(min_length=1, max_length=40, extra={"names": "tube"})]
SequenceName = Annotated[str, msgspec.Meta(extra={"names": "sequence"})]
ParameterValues = Annotated[dict[str, Any], msgspec.Meta(extra={"names": "parameter"})]
VehicleName = Annotated[str, msgspec.Meta(min_length=1, max_length=40, extra={"names": "vehicle"})]
"""`names`: what a text, or each key of a table, is the name of; the ground knows which there are.
"""


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the arguments of one command."""

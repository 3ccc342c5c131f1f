"""Mission control's API for scripts: an asyncio client.

async with MissionControl("runs/demo", user="anna") as mc:
    await mc.send("rover", "report_status")
"""

from ground.client.connection import Connection
from ground.client.errors import (
    MissionControlError,
    NotServed,
    Refused,
    RunStartedAgain,
    Unanswered,
)
from ground.client.finding import find_api
from ground.client.following import JournalEntry, Value
from ground.client.mission_control import MissionControl, NeedsApproval

__all__ = [
    "Connection",
    "JournalEntry",
    "MissionControl",
    "MissionControlError",
    "NeedsApproval",
    "NotServed",
    "Refused",
    "RunStartedAgain",
    "Unanswered",
    "Value",
    "find_api",
]

"""What browsers are told: newest values, the journal's end, the clock; a browser at a time."""

from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

from ground.api.training import HIDDEN, is_hidden

LARGEST_FRAME = 60_000  # bytes; a browser's frames are 64 kB at most
JOURNAL_KEPT = 2000  # entries; who missed more asks mission control
ENTRIES_AT_ONCE = 100

Row = list[Any]
Entry = dict[str, Any]


class News:
    """What came last from the API.

    Values are conflated, the newest wins: a browser that is slow gets fewer of them, none older.
    """

    def __init__(self, note: str = "") -> None:
        self.note = note
        """A line for each browser, told it once."""
        self.clock: dict[str, Any] = {}
        self.link: dict[str, Any] | None = None
        """Whether mission control answers; None as long as nobody knows."""
        self.version = 0
        self.told = 0
        """Entries that were taken so far: the place of the newest."""
        self.missed = 0
        """Place of the newest entry before which some are missing."""
        self._values: dict[tuple[str, str], tuple[int, Row]] = {}  # the newest at the end
        self._journal: deque[tuple[int, Entry]] = deque(maxlen=JOURNAL_KEPT)
        self._last: dict[str, int] = {}  # number of each topic's newest entry

    def take(self, topic: str, message: Any) -> None:
        """Something that the API streamed; what has no meaning here is passed over."""
        if not isinstance(message, dict):
            return
        if topic == "clock":
            self._take_clock(message)
        elif topic.startswith("tm"):
            self.take_values(_list(message, "values"))
        else:
            self._take_entries(topic, message)

    def _take_clock(self, message: dict[str, Any]) -> None:
        link = message.get("link")
        link = link if isinstance(link, dict) else {"up": True}
        self.clock = {name: each for name, each in message.items() if name != "link"}
        self.set_link(bool(link.get("up")), str(link.get("why") or ""), link.get("since"))

    def set_link(self, up: bool, why: str, since: str | None) -> None:
        """Whether mission control answers; once told, told again only when it has changed."""
        if self.link is None or up != self.link["up"] or why != self.link["why"]:
            self.link = {"up": up, "why": why, "since": since}

    def take_values(self, rows: Iterable[Row]) -> None:
        """Rows of telemetry; one that is older than what is known changes nothing."""
        self.version += 1
        for row in rows:
            if not isinstance(row, list) or len(row) != 6:
                continue
            key = (str(row[0]), str(row[1]))
            known = self._values.pop(key, None)
            older = known is not None and _whole(known[1][4]) > _whole(row[4])
            self._values[key] = known if known is not None and older else (self.version, row)

    def _take_entries(self, topic: str, message: dict[str, Any]) -> None:
        last = self._last.get(topic)
        if last is not None and _whole(message.get("after")) > last:
            self.missed = self.told + 1
        for entry in _list(message, "entries"):
            if isinstance(entry, dict) and _whole(entry.get("n")) > self._last.get(topic, 0):
                self.told += 1
                self._journal.append((self.told, entry))
                self._last[topic] = entry["n"]

    def forget(self) -> None:
        """The API was lost: what it says next may be of another run."""
        self._values.clear()
        self._journal.clear()
        self._last.clear()
        self.missed = self.told = self.told + 1

    def values_after(self, version: int) -> list[Row]:
        """What has changed since, the oldest first."""
        found = []
        for since, row in reversed(self._values.values()):
            if since <= version:
                break
            found.append(row)
        return found[::-1]

    def entries_after(self, place: int) -> list[tuple[int, Entry]]:
        """The next entries with their places; the first comes later where more was missed than is
        kept."""
        found = []
        for each in self._journal:
            if each[0] > place:
                found.append(each)
                if len(found) == ENTRIES_AT_ONCE:
                    break
        return found


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _list(message: dict[str, Any], name: str) -> list[Any]:
    found = message.get(name)
    return found if isinstance(found, list) else []


class Reader:
    """How far one browser has read. `trains`: it is a trainer's, who is told what is hidden from
    others, once it was asked for in their name."""

    def __init__(self, news: News, *, trains: bool = False) -> None:
        self._news, self._trains = news, trains
        self._revealed: dict[int, Entry | None] = {}  # by number; None: it was not told
        self._version = 0
        self._place = news.told
        self._clock: dict[str, Any] | None = None
        self._link: dict[str, Any] | None = None
        self._noted = False
        self._rows: list[Row] = []  # that did not fit into the frame before

    def wanted(self) -> int | None:
        """The number of an entry that has to be asked for before the next frame; None: of none."""
        if not self._trains:
            return None
        for _, entry in self._news.entries_after(self._place):
            if entry.get("what") == HIDDEN and entry["n"] not in self._revealed:
                return _whole(entry["n"])
        return None

    def reveal(self, number: int, answer: dict[str, Any]) -> None:
        """What was answered to who asked for that entry, and for what comes after it."""
        self._revealed[number] = None
        for entry in _list(answer, "entries"):
            if isinstance(entry, dict) and entry.get("what") != HIDDEN:
                self._revealed[_whole(entry.get("n"))] = entry

    def _shown(self, entry: Entry) -> Entry | None:
        """An entry as it is for this browser; None: it is not."""
        if not is_hidden(entry):
            return entry
        if not self._trains:
            return None
        return self._revealed.get(entry["n"]) if entry.get("what") == HIDDEN else entry

    def next_frame(self) -> bytes | None:
        """A frame with what is new, at most LARGEST_FRAME bytes; None: nothing is."""
        news = self._news
        poll: dict[str, Any] = {}
        if news.link is not self._link:
            poll["link"] = self._link = news.link
        if news.note and not self._noted:
            poll["note"] = news.note
        self._noted = True
        if news.clock and news.clock is not self._clock:
            poll["clock"] = self._clock = news.clock
        entries = news.entries_after(self._place)
        if news.missed > self._place or (entries and entries[0][0] > self._place + 1):
            poll["missed"] = True
            self._place = max(self._place, news.missed)
            entries = news.entries_after(self._place)
        if not self._rows:
            self._rows, self._version = news.values_after(self._version), news.version
        if not (poll or entries or self._rows):
            return None
        return self._fill(poll, entries)

    def _fill(self, poll: dict[str, Any], entries: list[tuple[int, Entry]]) -> bytes:
        size, taken = 200 + len(msgspec.json.encode(poll)), []
        for place, told in entries:
            entry = self._shown(told)
            if entry is None:
                self._place = place
                continue
            entry_size = 1 + len(msgspec.json.encode(entry))
            if entry_size > LARGEST_FRAME // 2:  # nobody reads that in a line: it can be asked for
                entry = {**entry, "data": {"too_large": entry_size}}
                entry_size = 1 + len(msgspec.json.encode(entry))
            if size + entry_size > LARGEST_FRAME:
                break
            size += entry_size
            taken.append(entry)
            self._place = place
        rows: list[Row] = []
        for row in self._rows:
            size += 1 + len(msgspec.json.encode(row))
            if size > LARGEST_FRAME and rows:
                break
            rows.append(row)
        self._rows = self._rows[len(rows) :]
        if self._place == self._news.told:
            self._revealed.clear()
        return msgspec.json.encode({"poll": {**poll, "journal": taken, "telemetry": rows}})

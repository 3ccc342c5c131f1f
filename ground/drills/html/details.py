"""The pages of single drills: what broke, what was seen, how it was judged, how to fly it again."""

from ground.drills.html.charts import charts
from ground.drills.html.text import badge, seconds, table, tag, text
from ground.drills.html.timeline import timeline, windows
from ground.drills.record import Record
from ground.drills.results import Shown

KEY = (
    '<p class="key">state bars by vehicle · <i style="background:#d32f2f;opacity:.3"></i>fault '
    "active · ● event · ▲ warning · | limit · ✕ violation; hover for the words. Charts: "
    "truth solid, belief dashed.</p>"
)


def drill_section(number: int, shown: Shown) -> str:
    """One drill."""
    told, judged, record = shown.told, shown.judged, shown.judged.record
    header = tag(
        "header", badge(judged.verdict), tag("h2", text(record.drill)),
        tag("span", text(f"{record.scenario}, seed {record.seed}"), class_="dim"),
    )  # fmt: skip
    parts = [header, tag("p", tag("b", text(told.title)))]
    if told.doc:
        parts.append(tag("p", text(told.doc)))
    parts.append(tag("p", text(_facts(shown)), class_="dim"))
    if judged.because:
        parts.append(tag("ul", *(tag("li", _reason(r)) for r in judged.because), class_="because"))
    parts += [_faults(record), _waits(record), *_pictures(record), _custody(record)]
    parts.append(_again(shown))
    return tag("section", *parts, class_="drill", id=f"drill-{number}")


def _facts(shown: Shown) -> str:
    told, record = shown.told, shown.judged.record
    facts = [f"requirement {told.requirement}"] if told.requirement else []
    facts += [f"begins at {told.start}", f"horizon {seconds(told.horizon)}"]
    if record.began is not None:
        facts.append(f"began at {record.began:.3f} s in the phase {record.phase}")
    if told.protects:
        facts.append(f"protected by {', '.join(told.protects)}")
    if record.protections_off:
        facts.append(f"WITHOUT {', '.join(record.protections_off)}")
    return " · ".join(facts)


def _reason(reason: str) -> str:
    first, *rest = reason.splitlines()
    return text(first) + (tag("pre", text("\n".join(rest))) if rest else "")


def _faults(record: Record) -> str:
    rows = [
        [
            text(f.id), text(f.kind), text(f.target), text(f.hits or "no hit"),
            text(_when(record, f.began)), text(_when(record, f.first)), text(_when(record, f.last)),
            text(_when(record, f.ended)), tag("span", text(f.what), class_="mono"),
        ]
        for f in record.faults
    ]  # fmt: skip
    heads = [
        "Fault",
        "Kind",
        "Target",
        "Hits",
        "Began",
        "First hit",
        "Last hit",
        "Over",
        "Evidence",
    ]
    return tag("h3", "What broke") + table(heads, rows) if rows else ""


def _when(record: Record, time: float | None) -> str:
    return "–" if time is None or record.began is None else f"T+{seconds(time - record.began)}"


def _waits(record: Record) -> str:
    rows = []
    for waited in [*record.within, *([record.heal] if record.heal is not None else [])]:
        good = waited.took is not None and waited.took <= waited.limit + 1e-9
        verdict = "PASS" if good else "UNKNOWN" if waited.since is None else "FAIL"
        rows.append(
            [
                badge(verdict), text(waited.name), text(waited.what),
                text(seconds(waited.took)), text(seconds(waited.limit)),
                text(_when(record, waited.since)), text(_when(record, waited.met)),
            ]
        )  # fmt: skip
    heads = ["", "", "Awaited", "Took", "Allowed", "Counted from", "Came"]
    return tag("h3", "What had to happen") + table(heads, rows) if rows else ""


def _pictures(record: Record) -> list[str]:
    found = windows(record)
    parts = []
    for title, window in found:
        caption = tag("figcaption", text(title))
        parts.append(tag("figure", caption, timeline(record, window)))
    if found:
        parts.append(KEY)
        parts.append(charts(record, found[0][1]))
    return parts


def _custody(record: Record) -> str:
    moved = [tube for tube in record.tubes if tube.truth != "ground" or not tube.agrees]
    if not moved:
        return ""
    rows = [
        [text(t.tube), text(t.truth), text(t.said), "agrees" if t.agrees else badge("FAIL")]
        for t in moved
    ]
    left = len(record.tubes) - len(moved)
    more = tag("p", text(f"{left} more on the ground, as said"), class_="dim") if left else ""
    heads = ["Tube", "Truly at", "The ledgers say", ""]
    return tag("h3", "Chain of custody at the end") + table(heads, rows) + more


def _again(shown: Shown) -> str:
    record = shown.judged.record
    facts = [f"ended by {record.end}" if record.end else "", record.how]
    if record.sha256:
        facts += [f"{record.messages} messages", f"sha256 {record.sha256}"]
    parts = [tag("p", "Again: ", tag("code", text(shown.told.again)))]
    parts.append(tag("p", text(" · ".join(filter(None, facts))), class_="dim mono"))
    return "".join(parts)

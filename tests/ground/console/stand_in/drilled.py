"""A drill with people, as the stand-in tells it: when it has begun, and when it is over."""

from tests.ground.console.stand_in.recording import Values

HOUR = 3600 * 10**9


def begun(now_ns: int) -> Values:
    """Something is asked at once."""
    prompt = {
        "number": 1, "prompt": "the lander has told of its battery, ask how it is",
        "state": "asked", "asked_ns": now_ns, "deadline_ns": now_ns + 6 * HOUR, "done_ns": None,
        "by": "", "after": "a warning of lander", "vehicle": "lander",
        "command": "report_status", "arguments": {}, "others": [],
    }  # fmt: skip
    return {
        "state": "under_way", "name": "gauge", "title": "A gauge tells no number",
        "start": "800000 s", "began_ns": now_ns, "ends_ns": now_ns + 24 * HOUR, "faults": [],
        "prompts": [prompt],
    }  # fmt: skip


def over(drill: Values, now_ns: int) -> Values:
    """Ben has done it late."""
    began = drill["began_ns"]
    prompt = drill["prompts"][0] | {"state": "late", "done_ns": began + 7 * HOUR, "by": "ben"}
    marks = [
        {"t_ns": began, "lane": "lander", "kind": "state", "text": "surface.operating.day"},
        {"t_ns": began + HOUR, "lane": "lander", "kind": "warning", "text": "monitor_violated: x"},
        {"t_ns": began + 5 * HOUR, "lane": "lander", "kind": "state", "text": "surface.night"},
        {"t_ns": began, "lane": "rover", "kind": "state", "text": "surface.docked"},
        {"t_ns": began + 2 * HOUR, "lane": "rover", "kind": "event", "text": "arrived"},
    ]
    fault = {
        "id": "gauge", "words": "not_a_number of device lander.battery.state", "hits": 12,
        "began_ns": began, "first_ns": began + HOUR, "last_ns": began + 3 * HOUR,
        "ended_ns": began + 3 * HOUR, "what": "charge: 0.8 → nan",
    }  # fmt: skip
    detect = {
        "name": "detect", "what": "a warning of lander", "limit_s": 1800.0, "since_ns": began,
        "met_ns": began + 60 * 10**9, "took_s": 60.0, "held": True,
    }  # fmt: skip
    return {
        "state": "over", "number": 1, "name": "gauge", "title": "A gauge tells no number",
        "doc": "A drill for people.", "verdict": "FAIL", "end": "horizon",
        "because": ["operator1: it came after 25200.000 s; allowed were 21600 s"],
        "began_ns": began, "ends_ns": began + 24 * HOUR, "faults": [fault], "within": [detect],
        "broken": [], "marks": marks, "prompts": [prompt],
        "tubes": [{"tube": "T1", "truth": "ground", "said": "ground", "agrees": True}],
    }  # fmt: skip

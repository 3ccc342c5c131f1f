// What is well and what is not: a colour, a shape and a word for each, never a colour alone.
import { h } from "./dom.js";

export const RANK = ["off", "normal", "standby", "caution", "serious", "critical"];

const SHAPES = {
  critical: { points: "8,1 15,8 8,15 1,8" },
  serious: { points: "8,1 15.5,14.5 0.5,14.5" },
  caution: { points: "2,2 14,2 14,14 2,14" },
  normal: { circle: 6.5 },
  standby: { ring: 5.5 },
  off: { dash: true },
};

export function shape(kind) {
  const known = SHAPES[kind] ?? SHAPES.off;
  return h("svg", { class: `shape ${kind}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    known.points && h("polygon", { points: known.points }),
    known.circle && h("circle", { cx: 8, cy: 8, r: known.circle }),
    known.ring && h("circle", { class: "ring", cx: 8, cy: 8, r: known.ring }),
    known.dash && h("line", { class: "ring", x1: 2, y1: 8, x2: 14, y2: 8 }));
}

export function status(kind, word, title) {
  return h("span", { class: `status ${kind}`, title }, shape(kind), h("span", null, word));
}

export function worst(kinds) {
  return kinds.reduce((a, b) => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a), "off");
}

const OF_VALUE = { OK: "normal", YELLOW: "caution", RED: "critical", STALE: "standby", NONE: "off" };
const WORD_OF_VALUE = { OK: "ok", YELLOW: "yellow", RED: "red", STALE: "stale", NONE: "" };

export const kindOfValue = (state) => OF_VALUE[state] ?? "off";

export function valueStatus(state) {
  const word = WORD_OF_VALUE[state] ?? "";
  return word ? status(kindOfValue(state), word) : "";
}

// What is said of a value beside it: that one is ok only where it has limits.
export function judged(row, channel) {
  if (row && row[2] === null) return status("caution", "unknown");
  const limited = [...(channel?.yellow ?? []), ...(channel?.red ?? [])].some((limit) => limit !== null);
  return row?.[5] === "OK" && !limited ? "" : valueStatus(row?.[5]);
}

const OF_SEVERITY = {
  FATAL: "critical", WARNING_HI: "serious", WARNING_LO: "caution", ACTIVITY_HI: "normal",
  ACTIVITY_LO: "off", COMMAND: "standby", DIAGNOSTIC: "off",
};
const WORD_OF_SEVERITY = {
  FATAL: "fatal", WARNING_HI: "warning", WARNING_LO: "caution", ACTIVITY_HI: "activity",
  ACTIVITY_LO: "detail", COMMAND: "command", DIAGNOSTIC: "diagnostic",
};

// What an alarm by a limit is, the value itself is: one thing has one word on all screens.
const SEVERITY_OF_VALUE = { YELLOW: "WARNING_LO", RED: "WARNING_HI" };
const WORD_OF_KIND = { ...Object.fromEntries(["FATAL", "WARNING_HI", "WARNING_LO"].map((each) => [OF_SEVERITY[each], WORD_OF_SEVERITY[each]])), normal: "normal" };

export const severityOfValue = (state) => SEVERITY_OF_VALUE[state];
export const wordOfKind = (kind) => WORD_OF_KIND[kind] ?? kind;

export const kindOfSeverity = (severity) => OF_SEVERITY[severity] ?? "off";

export function severityStatus(severity) {
  return status(kindOfSeverity(severity), WORD_OF_SEVERITY[severity] ?? String(severity).toLowerCase());
}

const GOOD = new Set(["COMPLETED"]);
const BAD = new Set(["FAILED", "REJECTED", "TIMED_OUT", "ABORTED", "REFUSED", "UNANSWERED", "EXPIRED"]);

export const isBad = (rung) => BAD.has(rung);
export const isOver = (rung) => GOOD.has(rung) || BAD.has(rung) || rung === "CANCELLED";

export function kindOfCommand(word) {
  if (GOOD.has(word)) return "normal";
  if (word === "LATE" || word === "PERHAPS_SENT") return "caution";
  if (word === "UNANSWERED" || word === "TIMED_OUT") return "serious";
  if (BAD.has(word)) return "critical";
  return word === "CANCELLED" ? "off" : "standby";
}

const OF_ALARM = { UNACKNOWLEDGED: "unacknowledged", ACTIVE: "unacknowledged", ACKNOWLEDGED: "acknowledged", RETURNED: "returned, not acknowledged", LATCHED: "latched", SHELVED: "shelved", NORMAL: "over", CLOSED: "over" };

export const wordOfAlarm = (state) => OF_ALARM[state] ?? String(state).toLowerCase();
export const waitsForSomebody = (alarm) => alarm.unacknowledged ?? ["UNACKNOWLEDGED", "ACTIVE", "RETURNED", "LATCHED"].includes(alarm.state);
export const isOpen = (alarm) => !["NORMAL", "CLOSED"].includes(alarm.state);

const OF_STAGE = {
  draft: "off", ready: "normal", waiting_approval: "caution", approved: "normal", void: "serious",
  released: "standby", cancelled: "off", refused: "serious", expired: "caution",
};
export const stageStatus = (state) => status(OF_STAGE[state] ?? "off", String(state).replaceAll("_", " "));

// Whether a state is one in which a vehicle protects itself and does nothing else: also when nobody
// is alarmed any more, that is not normal.
export const isSafe = (mode) => mode === "safe" || String(mode ?? "").startsWith("safe.");

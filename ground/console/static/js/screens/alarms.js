// Alarms after ISA-18.2: who waits for whom, who looks after it, what was noted.
import { link, listOf, order, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { breakable, button, pairs, panel, step, table } from "../parts.js";
import { isOpen, kindOfSeverity, severityStatus, waitsForSomebody, wordOfAlarm } from "../status.js";
import { alarmOf, nowNs, openAlarms, store, titleOf, user, viewNs } from "../store.js";
import { select } from "./events.js";
import { lmst, nsOfText, SOL_NS, spanNs, utc } from "../time.js";

// How long one is shelved, in words; the last is an hour that one types.
const SHELVES = [["3600", "an hour"], ["14400", "4 hours"], [String(SOL_NS / 1e9), "a sol"], [String((3 * SOL_NS) / 1e9), "3 sols"], ["", "until…"]];
const MOST_OVER = 200;
const state = { picked: undefined, note: "", all: false, over: [], left: 0, seen: "", shelf: String(SOL_NS / 1e9), until: "", owner: "" };
const key = (alarm) => alarm.number;
const one = () => alarmOf(state.picked) ?? (state.all ? state.over.find((each) => each.number === state.picked) : undefined);
const rows = () => [...openAlarms(), ...(state.all ? state.over.filter((each) => !alarmOf(each.number)) : [])];

export default {
  id: "alarms", title: "Alarms", key: "a", group: "anomaly",
  help: [
    "Those that wait for somebody stand first, the worst first. An alarm whose cause is gone stays until somebody has seen it; one that was seen and whose cause is gone is over.",
    "Acknowledge with x: it says that you have seen it, not that it is well. Shelve one that would only call again and again: for as long as you say, with the reason. Own it, so that others know who looks after it, or hand it to somebody.",
    "Those that are over are listed below the others when you ask for them."
  ],
  hints: [["j k", "down, up"], ["x", "acknowledge"], ["o", "own"]],
  keys: {
    j: () => { state.picked = step(rows(), key, state.picked, 1); },
    k: () => { state.picked = step(rows(), key, state.picked, -1); },
    x: acknowledge,
    o: () => one() && store.time.live && order("alarm_own", { number: state.picked }, "It is yours."),
    Escape: () => { state.picked = undefined; },
  },
  open(given) {
    if (given?.number) state.picked = given.number;
    freshen();
  },
  freshen,
  looked: () => { state.seen = ""; freshen(); },
  view,
};

// Those that are over, where they are looked at: asked for anew when an alarm has changed.
async function freshen() {
  const { live, at } = store.time;
  const seen = live ? `${store.journal} ${store.last.alarm ?? 0}` : `at ${at}`;
  if (!state.all || seen === state.seen || !store.link.socket) return;
  state.seen = seen;
  try {
    const told = await link.ask("alarms", { all: true, limit: MOST_OVER, ...(!live && store.time.alarms && { at_ns: at }) });
    Object.assign(state, { over: listOf(told).filter((each) => !isOpen(each)), left: told.left ?? 0 });
  } catch (error) {
    state.seen = "";
    say(error.message, true);
  }
  redraw();
}

function acknowledge() {
  if (!store.time.live) return say("Alarms are acknowledged in the live view: the full stop goes there.", true);
  const alarm = one() ?? (openAlarms().length === 1 ? openAlarms()[0] : undefined);
  if (!alarm) return say("Pick an alarm first, with j and k.", true);
  const note = state.note;
  state.note = "";
  return order("alarm_ack", { number: alarm.number, note }, `Acknowledged: ${alarm.name}.`);
}

function view() {
  const shown = rows();
  const alarm = one();
  return h("div", { class: "split wide-left", key: "body" },
    panel("Alarms", table("Alarms", columns, shown, { key, picked: state.picked, pick: (each) => { state.picked = each.number; redraw(); }, empty: store.time.live ? "no alarm: nothing is out of limits, and nothing waits for you" : "no alarm was known then", mark: (each) => `sev-${kindOfSeverity(each.severity)}` }), { cls: "tall", side: [summary(openAlarms()), h("label", { class: "check" }, h("input", { type: "checkbox", checked: state.all, onchange: (event) => { Object.assign(state, { all: event.target.checked, seen: "" }); freshen(); redraw(); } }), state.all && state.left > 0 ? `also those that are over (${state.left} older ones are left out)` : "also those that are over")] }),
    panel(alarm ? `${titleOf(alarm.vehicle)}: ${alarm.name}` : "One alarm", alarm ? details(alarm) : h("p", { class: "empty soft" }, "Pick one with j and k, or with the mouse."), { cls: "tall", key: "one" }));
}

function summary(rows) {
  const waiting = rows.filter(waitsForSomebody).length;
  return h("span", { class: "soft" }, `${waiting} wait${waiting === 1 ? "s" : ""} for somebody, ${rows.length - waiting} seen or shelved`);
}

const columns = [
  { head: "", cls: "nowrap", cell: (alarm) => severityStatus(alarm.severity) },
  { head: "vehicle", cls: "nowrap", cell: (alarm) => titleOf(alarm.vehicle) },
  { head: "alarm", cls: "grow", cell: (alarm) => [h("strong", null, breakable(alarm.name)), h("span", { class: "note soft clamped" }, breakable(alarm.text))] },
  { head: "state", cls: "state-of", cell: (alarm) => (waitsForSomebody(alarm) ? h("strong", null, wordOfAlarm(alarm.state)) : wordOfAlarm(alarm.state)) },
  { head: "raised", cls: "nowrap", cell: (alarm) => lmst(alarm.raised_ns) },
  { head: "times", cls: "right", cell: (alarm) => alarm.count },
  { head: "owner", cell: (alarm) => alarm.owner || "-" },
];

function details(alarm) {
  const notes = alarm.notes ?? [];
  return [
    h("p", { class: "lead" }, alarm.text),
    pairs([
      ["state", wordOfAlarm(alarm.state)], ["severity", severityStatus(alarm.severity)],
      ["raised", `${lmst(alarm.raised_ns, true)}, ${utc(alarm.raised_ns)} UTC`],
      ["last", `${lmst(alarm.last_ns, true)}, ${spanNs(viewNs() - alarm.last_ns)} ago`],
      ["times", alarm.count], ["owner", alarm.owner || "nobody"],
      alarm.acknowledged_by && ["acknowledged", `by ${alarm.acknowledged_by}, ${lmst(alarm.acknowledged_ns, true)}, ${utc(alarm.acknowledged_ns)} UTC`],
      alarm.shelved_until_ns && ["shelved until", `${lmst(alarm.shelved_until_ns)}: ${alarm.shelved_why}`],
      alarm.note && ["note", alarm.note],
    ]),
    notes.length > 0 && h("ul", { class: "notes" }, notes.slice(-20).map((note, place) => h("li", { key: place }, h("span", { class: "soft" }, `${note.who} ${lmst(note.t)}: `), note.text))),
    ...(store.time.live ? acts(alarm) : [h("p", { class: "soft", key: "then" }, "As it was known then; what is to be done about it is done in the live view.")]),
  ];
}

// What one does about it.
function acts(alarm) {
  return [
    h("label", { for: "alarm-note" }, "Note or reason"),
    h("input", { id: "alarm-note", type: "text", maxlength: 500, value: state.note, oninput: (event) => { state.note = event.target.value; redraw(); } }),
    h("div", { class: "actions" },
      button("Acknowledge", acknowledge, { cls: "main", keys: "x", disabled: !waitsForSomebody(alarm) }),
      alarm.state === "LATCHED" && button("Reset", () => act("alarm_reset", { note: state.note }, "Reset.")),
      button("Own", () => act("alarm_own", {}, "It is yours."), { keys: "o" }),
      button("Add note", () => act("alarm_note", { note: state.note }, "Noted."), { disabled: !state.note })),
    isOpen(alarm) && h("div", { class: "actions", key: "shelve" }, alarm.state === "SHELVED" ? button("Unshelve", () => act("alarm_unshelve", {}, "Unshelved.")) : shelving()),
    isOpen(alarm) && h("div", { class: "actions", key: "hand" },
      h("input", { type: "text", class: "short", "aria-label": "Hand it to", placeholder: "hand it to", autocomplete: "off", list: "people-known", value: state.owner, oninput: (event) => { state.owner = event.target.value.trim(); redraw(); } }),
      h("datalist", { id: "people-known", key: "known" }, people().map((each) => h("option", { value: each, key: each }))),
      button("Hand over", handOver, { disabled: !state.owner })),
  ];
}

// Those that the page has heard of.
const people = () => [...new Set([...Object.values(store.authority).map((each) => each.holder), ...store.audits.map((each) => each.who), ...[...store.alarms.values()].map((each) => each.owner)])].filter((each) => each && each !== user().name).sort();

async function handOver() {
  const to = state.owner;
  if (await order("alarm_own", { number: state.picked, owner: to }, `${to} looks after it.`)) state.owner = "";
}

function shelving() {
  return [
    select("Shelve for", state.shelf, SHELVES, (value) => { state.shelf = value; }),
    state.shelf === "" && h("input", { type: "text", class: "short", "aria-label": "Until, sol and local mean time", placeholder: "12 14:30", value: state.until, oninput: (event) => { state.until = event.target.value; redraw(); } }),
    button("Shelve", shelve, { disabled: !state.note, why: "needs the reason, above" }),
  ];
}

function shelve() {
  const until = state.shelf === "" ? nsOfText(state.until) : Math.round(nowNs() + Number(state.shelf) * 1e9);
  if (until === null) return say(`${state.until}: allowed is a sol and an hour, as 12 14:30`, true);
  return act("alarm_shelve", { until_ns: until, why: state.note }, `Shelved until ${lmst(until)}.`);
}

async function act(name, given, done) {
  if (await order(name, { number: state.picked, ...given }, done)) state.note = "";
}

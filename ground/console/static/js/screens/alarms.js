// Alarms after ISA-18.2: who waits for whom, who looks after it, what was noted.
import { order, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { breakable, button, pairs, panel, step, table } from "../parts.js";
import { kindOfSeverity, severityStatus, waitsForSomebody, wordOfAlarm } from "../status.js";
import { nowNs, openAlarms, store, titleOf } from "../store.js";
import { lmst, SOL_NS, spanNs, utc } from "../time.js";

const state = { picked: undefined, note: "" };
const key = (alarm) => alarm.number;
const one = () => store.alarms.get(state.picked);

export default {
  id: "alarms", title: "Alarms", key: "a", group: "anomaly",
  help: [
    "Those that wait for somebody stand first, the worst first. An alarm whose cause is gone stays until somebody has seen it; one that was seen and whose cause is gone is over.",
    "Acknowledge with x: it says that you have seen it, not that it is well. Shelve one that would only call again and again: for a sol, with the reason. Own it, so that others know who looks after it.",
  ],
  hints: [["j k", "down, up"], ["x", "acknowledge"], ["o", "own"]],
  keys: {
    j: () => { state.picked = step(openAlarms(), key, state.picked, 1); },
    k: () => { state.picked = step(openAlarms(), key, state.picked, -1); },
    x: acknowledge,
    o: () => one() && order("alarm_own", { number: state.picked }, "It is yours."),
    Escape: () => { state.picked = undefined; },
  },
  open(given) {
    if (given?.number) state.picked = given.number;
  },
  view,
};

function acknowledge() {
  const alarm = one() ?? (openAlarms().length === 1 ? openAlarms()[0] : undefined);
  if (!alarm) return say("Pick an alarm first, with j and k.", true);
  const note = state.note;
  state.note = "";
  return order("alarm_ack", { number: alarm.number, note }, `Acknowledged: ${alarm.name}.`);
}

function view() {
  const rows = openAlarms();
  const alarm = one();
  return h("div", { class: "split wide-left", key: "body" },
    panel("Alarms", table("Alarms", columns, rows, { key, picked: state.picked, pick: (each) => { state.picked = each.number; redraw(); }, empty: "no alarm: nothing is out of limits, and nothing waits for you", mark: (each) => `sev-${kindOfSeverity(each.severity)}` }), { cls: "tall", side: summary(rows) }),
    panel(alarm ? `${titleOf(alarm.vehicle)}: ${alarm.name}` : "One alarm", alarm ? details(alarm) : h("p", { class: "empty soft" }, "Pick one with j and k, or with the mouse."), { cls: "tall", key: "one" }));
}

function summary(rows) {
  const waiting = rows.filter(waitsForSomebody).length;
  return h("span", { class: "soft" }, `${waiting} wait for somebody, ${rows.length - waiting} seen or shelved`);
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
      ["last", `${lmst(alarm.last_ns, true)}, ${spanNs(nowNs() - alarm.last_ns)} ago`],
      ["times", alarm.count], ["owner", alarm.owner || "nobody"],
      alarm.acknowledged_by && ["acknowledged", `by ${alarm.acknowledged_by}, ${lmst(alarm.acknowledged_ns, true)}, ${utc(alarm.acknowledged_ns)} UTC`],
      alarm.shelved_until_ns && ["shelved until", `${lmst(alarm.shelved_until_ns)}: ${alarm.shelved_why}`],
      alarm.note && ["note", alarm.note],
    ]),
    notes.length > 0 && h("ul", { class: "notes" }, notes.slice(-20).map((note, place) => h("li", { key: place }, h("span", { class: "soft" }, `${note.who} ${lmst(note.t)}: `), note.text))),
    h("label", { for: "alarm-note" }, "Note or reason"),
    h("input", { id: "alarm-note", type: "text", maxlength: 500, value: state.note, oninput: (event) => { state.note = event.target.value; redraw(); } }),
    h("div", { class: "actions" },
      button("Acknowledge", acknowledge, { cls: "main", keys: "x", disabled: !waitsForSomebody(alarm) }),
      alarm.state === "LATCHED" && button("Reset", () => act("alarm_reset", { note: state.note }, "Reset.")),
      button("Own", () => act("alarm_own", {}, "It is yours."), { keys: "o" }),
      alarm.state === "SHELVED"
        ? button("Unshelve", () => act("alarm_unshelve", {}, "Unshelved."))
        : button("Shelve for a sol", () => act("alarm_shelve", { until_ns: Math.round(nowNs() + SOL_NS), why: state.note }, "Shelved for a sol."), { disabled: !state.note, why: "needs the reason, above" }),
      button("Add note", () => act("alarm_note", { note: state.note }, "Noted."), { disabled: !state.note })),
  ];
}

async function act(name, given, done) {
  if (await order(name, { number: state.picked, ...given }, done)) state.note = "";
}

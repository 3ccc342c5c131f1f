// After a pass: what is other than before, by kind, and the beginning of the shift's log.
import { ask, go, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { asOf, breakable, button, number, panel, table, unitOf } from "../parts.js";
import { byRung } from "../ladder.js";
import { kindOfCommand, kindOfSeverity, RANK, severityStatus, status } from "../status.js";
import { channelOf, nowNs, store, titleOf, viewNs } from "../store.js";
import { lmst, SOL_NS } from "../time.js";

const LEFT = "console left"; // [[run, ns], ...], the newest last
const MOST_RUNS = 20;
const state = { since: "pass", told: null, log: "", asked: -Infinity };
const MOST = 100;

function readLeft() {
  try {
    return JSON.parse(localStorage.getItem(LEFT) ?? "[]").filter((each) => each.length === 2);
  } catch {
    return [];
  }
}

const before = readLeft();
addEventListener("pagehide", () => {
  const run = store.service?.run;
  if (run && nowNs() > 0) localStorage.setItem(LEFT, JSON.stringify([...readLeft().filter(([each]) => each !== run), [run, nowNs()]].slice(-MOST_RUNS)));
});

// When this run was left on this machine last, in its own time; null: it was not looked at before.
const leftAt = () => before.find(([run, ns]) => run === store.service?.run && ns <= nowNs())?.[1] ?? null;

export default {
  id: "changes", title: "What changed", key: "w", group: "after a pass",
  help: [
    "Everything that came since the last pass began, since you left this run, or within a sol: commands that climbed, modes, limits, tubes, values.",
    "The log is written down from it; change it as you like, and copy it into yours.",
  ],
  hints: [["l", "since the last pass"], ["i", "since I left"], ["s", "a sol"]],
  keys: { l: () => look("pass"), i: () => look("left"), s: () => look("sol") },
  open: () => look(state.since),
  looked: () => look(state.since),
  view,
};

async function look(since) {
  if (since === "left" && leftAt() === null) return say("You have not looked at this run before, on this machine.", true);
  state.since = since;
  const words = since === "pass" ? { since_pass: 1 } : { since_ns: Math.round(since === "left" ? leftAt() : Math.max(0, viewNs() - SOL_NS)) };
  if (!store.time.live) words.at_ns = store.time.at;
  const told = await ask("changes", words);
  if (told) Object.assign(state, { told, log: told.log ?? "" });
  return redraw();
}

// One row for each command that came further, the newest first: where it stands, and what was before.
function climbs(rungs) {
  const found = new Map();
  for (const row of rungs) found.set(row.identifier, [...(found.get(row.identifier) ?? []), row]);
  return [...found.values()].map((rows) => {
    const inOrder = rows.sort(byRung);
    return { ...inOrder.at(-1), before: inOrder.slice(0, -1).map(rungWord) };
  }).sort((a, b) => b.received_ns - a.received_ns);
}

const rungWord = (row) => row.rung.toLowerCase().replaceAll("_", " ");

const valueWords = ({ vehicle, channel }, value) => breakable(number(asOf(vehicle, channel, value)), 9);

const since = (name, words, keys, why) => button(words, () => look(name), { disabled: Boolean(why), why, cls: state.since === name ? "main" : "", keys });

function view() {
  const told = state.told ?? {};
  const tubes = told.tubes ?? told.custody ?? [];
  const rows = (name) => (told[name] ?? []).slice(-MOST).reverse();
  return [
    h("div", { class: "filters", key: "filters" }, since("pass", "since the last pass", "l"), since("left", "since I left", "i", leftAt() === null && "you have not looked at this run before, on this machine"), since("sol", "in the last sol", "s"),
      h("span", { class: "soft" }, told.since_ns === undefined ? "" : `since ${lmst(told.since_ns)}`),
      told.events && Object.entries(told.events).sort(([a], [b]) => RANK.indexOf(kindOfSeverity(b)) - RANK.indexOf(kindOfSeverity(a))).map(([severity, count]) => h("span", { key: severity }, severityStatus(severity), ` ${count}`))),
    h("div", { class: "thirds", key: "body" },
      h("div", { class: "column", key: "one" },
        panel("Commands", table("Rungs", [
          { head: "vehicle", cls: "nowrap", cell: (row) => titleOf(row.vehicle) },
          { head: "command", cls: "grow", cell: (row) => [h("strong", null, breakable(row.name || row.command || row.identifier)), row.detail && h("span", { class: "note soft" }, row.detail), row.before.length > 0 && h("span", { class: "note soft" }, `after ${row.before.join(", ")}`)] },
          { head: "came to", cls: "nowrap", cell: (row) => [status(kindOfCommand(row.rung), rungWord(row)), h("span", { class: "note soft" }, lmst(row.received_ns))] },
        ], climbs(told.rungs ?? []).slice(0, MOST), { key: (row) => row.identifier, empty: "no rung was climbed" }), { cls: "tall" }),
        panel("Modes", table("Modes", [
          { head: "vehicle", cls: "nowrap", cell: (row) => button(titleOf(row.vehicle), () => go("vehicle", { vehicle: row.vehicle }), { cls: "quiet" }) },
          { head: "mode", cls: "grow", cell: (row) => [h("span", { class: "soft" }, `${row.before ?? row.data?.before ?? "not known"} → `), h("strong", null, row.value ?? row.data?.after)] },
          { head: "since", cls: "nowrap", cell: (row) => lmst(row.occurred_ns) },
        ], rows("modes"), { key: (row) => `${row.vehicle} ${row.occurred_ns} ${row.value ?? row.number}`, empty: "all modes are as before" }), { cls: "tall" })),
      h("div", { class: "column", key: "two" },
        panel("Limits and alarms", table("Limits", [
          { head: "vehicle", cls: "nowrap", cell: (row) => titleOf(row.vehicle) },
          { head: "what", cls: "grow", cell: (row) => breakable(row.text) },
          { head: "", cls: "nowrap", cell: (row) => (row.occurred_ns ? lmst(row.occurred_ns) : [severityStatus(row.severity), h("span", { class: "note soft" }, "alarm")]) },
        ], [...rows("alarms"), ...rows("limits")], { key: (row) => `${row.vehicle} ${row.number ?? ""} ${row.occurred_ns} ${row.text}`, empty: "no limit was crossed" }), { cls: "tall" }),
        panel("Tubes", table("Tubes", [
          { head: "tube", cls: "nowrap", cell: (row) => h("strong", null, row.tube) },
          { head: "step", cls: "grow", cell: (row) => `${titleOf(row.vehicle)}: ${row.step}, ${String(row.status).replaceAll("_", " ")} at ${String(row.place).replaceAll("_", " ")}` },
          { head: "happened", cls: "nowrap", cell: (row) => lmst(row.occurred_ns) },
        ], tubes.slice(-MOST).reverse(), { key: (row) => `${row.vehicle} ${row.tube} ${row.occurred_ns} ${row.step} ${row.status}`, empty: "no tube was moved" }), { cls: "tall" })),
      h("div", { class: "column", key: "three" },
        panel("Values", table("Values", [
          { head: "channel", cls: "grow", cell: (row) => [breakable(row.channel, 9), h("span", { class: "of" }, titleOf(row.vehicle))] },
          { head: "before", cls: "right soft told", cell: (row) => valueWords(row, row.before) },
          { head: "now", cls: "right told", cell: (row) => [h("strong", null, valueWords(row, row.value)), h("span", { class: "of" }, unitOf(channelOf(row.vehicle, row.channel)?.unit))] },
        ], rows("values"), { key: (row) => `${row.vehicle} ${row.channel}`, empty: "no value has changed, or none was told" }), { cls: "tall" }),
        panel("Shift log", h("textarea", { class: "log-text", "aria-label": "Shift log", rows: 12, value: state.log, oninput: (event) => { state.log = event.target.value; } }), { cls: "tall", side: button("copy", () => navigator.clipboard?.writeText(state.log), { cls: "quiet" }) }))),
  ];
}


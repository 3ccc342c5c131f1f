// After a pass: what is other than before, by kind, and the beginning of the shift's log.
import { ask, go, redraw } from "../app.js";
import { h } from "../dom.js";
import { button, number, panel, table } from "../parts.js";
import { kindOfCommand, severityStatus, status } from "../status.js";
import { nowNs, titleOf, viewNs } from "../store.js";
import { lmst, SOL_NS } from "../time.js";

const LEFT = "console left at";
const state = { since: "pass", told: null, log: "", asked: -Infinity };
const MOST = 100;
addEventListener("pagehide", () => { if (nowNs() > 0) localStorage.setItem(LEFT, String(nowNs())); });
const leftAt = Number(localStorage.getItem(LEFT)) || null;

export default {
  id: "changes", title: "What changed", key: "w", group: "after a pass",
  help: [
    "Everything that came since the last pass began, since you left this page, or within a sol: commands that climbed, modes, limits, tubes, values.",
    "The log is written down from it; change it as you like, and copy it into yours.",
  ],
  hints: [["l", "since the last pass"], ["i", "since I left"], ["s", "a sol"]],
  keys: { l: () => look("pass"), i: () => look("left"), s: () => look("sol") },
  open: () => look(state.since),
  view,
};

async function look(since) {
  state.since = since;
  const words = since === "pass" ? { since_pass: 1 } : { since_ns: Math.round(since === "left" ? leftAt ?? 0 : Math.max(0, viewNs() - SOL_NS)) };
  const told = await ask("changes", words);
  if (told) Object.assign(state, { told, log: told.log ?? "" });
  redraw();
}

const since = (name, words, keys) => button(words, () => look(name), { cls: state.since === name ? "main" : "", keys });

function view() {
  const told = state.told ?? {};
  const tubes = told.tubes ?? told.custody ?? [];
  const rows = (name) => (told[name] ?? []).slice(-MOST).reverse();
  return [
    h("div", { class: "filters", key: "filters" }, since("pass", "since the last pass", "l"), since("left", "since I left", "i"), since("sol", "in the last sol", "s"),
      h("span", { class: "soft" }, told.since_ns === undefined ? "" : `since ${lmst(told.since_ns)}`),
      told.events && Object.entries(told.events).map(([severity, count]) => h("span", { key: severity }, severityStatus(severity), ` ${count}`))),
    h("div", { class: "thirds", key: "body" },
      h("div", { class: "column", key: "one" },
        panel("Commands", table("Rungs", [
          { head: "vehicle", cls: "nowrap", cell: (row) => titleOf(row.vehicle) },
          { head: "command", cls: "grow", cell: (row) => [h("strong", null, row.name || row.command || row.identifier), row.detail && h("span", { class: "note soft" }, row.detail)] },
          { head: "rung", cls: "nowrap", cell: (row) => status(kindOfCommand(row.rung), row.rung.toLowerCase()) },
          { head: "heard", cls: "nowrap", cell: (row) => lmst(row.received_ns) },
        ], rows("rungs"), { key: (row) => `${row.identifier} ${row.rung} ${row.occurred_ns}`, empty: "no rung was climbed" }), { cls: "tall" }),
        panel("Modes", table("Modes", [
          { head: "vehicle", cls: "nowrap", cell: (row) => button(titleOf(row.vehicle), () => go("vehicle", { vehicle: row.vehicle }), { cls: "quiet" }) },
          { head: "", cls: "grow", cell: (row) => [h("span", { class: "soft" }, `${row.before ?? row.data?.before ?? "not known"} → `), h("strong", null, row.value ?? row.data?.after)] },
          { head: "", cls: "nowrap", cell: (row) => lmst(row.occurred_ns) },
        ], rows("modes"), { key: (row) => `${row.vehicle} ${row.occurred_ns} ${row.value ?? row.number}`, empty: "all modes are as before" }), { cls: "tall" })),
      h("div", { class: "column", key: "two" },
        panel("Limits and alarms", table("Limits", [
          { head: "vehicle", cls: "nowrap", cell: (row) => titleOf(row.vehicle) },
          { head: "", cls: "grow", cell: (row) => row.text },
          { head: "", cls: "nowrap", cell: (row) => (row.occurred_ns ? lmst(row.occurred_ns) : severityStatus(row.severity)) },
        ], [...rows("alarms"), ...rows("limits")], { key: (row) => `${row.vehicle} ${row.number ?? ""} ${row.occurred_ns} ${row.text}`, empty: "no limit was crossed" }), { cls: "tall" }),
        panel("Tubes", table("Tubes", [
          { head: "tube", cls: "nowrap", cell: (row) => h("strong", null, row.tube) },
          { head: "", cls: "grow", cell: (row) => `${titleOf(row.vehicle)}: ${row.step}, ${String(row.status).replaceAll("_", " ")} at ${String(row.place).replaceAll("_", " ")}` },
          { head: "", cls: "nowrap", cell: (row) => lmst(row.occurred_ns) },
        ], tubes.slice(-MOST).reverse(), { key: (row) => `${row.vehicle} ${row.tube} ${row.occurred_ns} ${row.step} ${row.status}`, empty: "no tube was moved" }), { cls: "tall" })),
      h("div", { class: "column", key: "three" },
        panel("Values", table("Values", [
          { head: "channel", cls: "broken", cell: (row) => [row.channel, h("span", { class: "of" }, titleOf(row.vehicle))] },
          { head: "before", cls: "right soft broken", cell: (row) => number(row.before) },
          { head: "now", cls: "right broken", cell: (row) => h("strong", null, number(row.value)) },
        ], rows("values"), { key: (row) => `${row.vehicle} ${row.channel}`, empty: "no value has changed, or none was told" }), { cls: "tall" }),
        panel("Shift log", h("textarea", { class: "log-text", "aria-label": "Shift log", rows: 12, value: state.log, oninput: (event) => { state.log = event.target.value; } }), { cls: "tall", side: button("copy", () => navigator.clipboard?.writeText(state.log), { cls: "quiet" }) }))),
  ];
}


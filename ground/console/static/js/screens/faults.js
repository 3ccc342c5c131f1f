// For trainers: what breaks, what is whole again, who dies, how fast time goes.
import { order, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { button, commanding, panel, table, words } from "../parts.js";
import { select } from "./events.js";
import { store, vehicleNames } from "../store.js";
import { lmst } from "../time.js";
import { setPace } from "../topbar.js";

const TEMPLATES = {
  "a gauge tells no number": { id: "f1", device: "lander.battery", kind: "not_a_number", lasts: "6 h" },
  "a sensor stays as it was": { id: "f2", device: "rover.inertial_measurement_unit", kind: "stuck", lasts: "2 h" },
  "sensors drift": { id: "f3", device: "lander.thermal_nodes", kind: "drift", per_second: 0.001, lasts: "12 h" },
  "a patch of sand": { id: "f4", world: "site", kind: "slip_patch", east: "60 m", north: "20 m", radius: "2 m", slip: "95 %" },
  "a radio hears nothing": { id: "f5", device: "rover.uhf", kind: "deaf", lasts: "1 sol" },
};
const state = { text: JSON.stringify(TEMPLATES["a gauge tells no number"], null, 1), role: "", sure: "" };

export default {
  id: "faults", title: "Faults", key: "f", group: "drills", role: "trainer",
  help: [
    "A fault is what drill files say: a target, a kind with its figures, when, for how long. What has no meaning is refused with the sentence, and nothing breaks. The crew sees none of this.",
    "A participant that dies is started again after its time; the ground can die as well.",
  ],
  view,
};

function view() {
  return h("div", { class: "split", key: "body" },
    h("div", { class: "column", key: "left" },
      panel("Let something break", [
        h("div", { class: "filters", key: "templates" }, h("span", { class: "soft" }, "begin with"), Object.entries(TEMPLATES).map(([name, fault]) => button(name, () => { state.text = JSON.stringify(fault, null, 1); redraw(); }, { key: name, cls: "quiet" }))),
        h("label", { for: "fault" }, "Fault, as a drill file says it (JSON)"),
        h("textarea", { id: "fault", "data-find": true, class: "mono wide", rows: 12, spellcheck: "false", value: state.text, oninput: (event) => { state.text = event.target.value; } }),
        h("div", { class: "actions" }, button("Inject", inject, { cls: "grave", disabled: !commanding() })),
      ], { cls: "tall" }),
      panel("Let somebody die", [
        h("div", { class: "filters" },
          select("Participant", state.role, [["", "choose"], ...vehicleNames().map((name) => [name, name]), ["ground", "ground"]], (value) => { state.role = value; }),
          h("input", { type: "text", class: "short", placeholder: "its name again", "aria-label": "Its name again", value: state.sure, oninput: (event) => { state.sure = event.target.value.trim(); redraw(); } }),
          button("Kill", kill, { cls: "grave", disabled: !state.role || state.sure !== state.role || !commanding() })),
      ], { cls: "small" }),
      panel("Time", h("div", { class: "actions" }, [1, 10, 60, 300, 1000, 3000, 10000].map((rate) => button(`${rate.toLocaleString("en")}×`, () => setPace(rate), { key: String(rate) })), button("as fast as it goes", () => setPace(null)), button("pause", () => setPace(0), { keys: "p" }), button("to the next pass", () => setPace(3000, { until: "pass" }), { keys: "n" })), { cls: "small" })),
    panel("What was done", table("Faults", [
      { head: "when", cls: "nowrap", cell: (each) => lmst(each.t) },
      { head: "who", cell: (each) => each.who },
      { head: "", cls: "nowrap", cell: (each) => h("strong", null, each.what) },
      { head: "", cls: "grow mono", cell: (each) => words(each.data.fault ?? each.data) },
      { head: "", cell: (each) => (each.what === "injected" && each.data.fault?.id ? button("heal", () => order("fault_heal", { name: each.data.fault.id }, "Healed.")) : "") },
    ], store.faults, { key: (each) => each.n, empty: "nothing was broken from here" }), { cls: "tall" }));
}

async function inject() {
  let fault;
  try {
    fault = JSON.parse(state.text);
  } catch (error) {
    return say(`This is no JSON: ${error.message}`, true);
  }
  return order("fault_inject", { fault }, (done) => `Armed: ${done.says ?? done.fault ?? "it"}.`);
}

async function kill() {
  if (await order("kill", { role: state.role }, `${state.role} dies.`)) Object.assign(state, { role: "", sure: "" });
  redraw();
}

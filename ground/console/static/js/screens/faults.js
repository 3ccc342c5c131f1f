// For trainers: what breaks, what is whole again, what it hit, who dies, how fast time goes.
import { askBack, link, order, redraw } from "../app.js";
import { h } from "../dom.js";
import { askTargets, faultForm, finder, form } from "../faultform.js";
import { breakable, button, commanding, panel, table, words } from "../parts.js";
import { status } from "../status.js";
import { select } from "./events.js";
import { store, vehicleNames, viewNs } from "../store.js";
import { lmst } from "../time.js";
import { setPace } from "../pace.js";

const AGAIN = 1500; // ms between questions for the faults while they may hit
const state = { role: "", sure: "", of: "", asked: -Infinity, asking: false, known: -1 };
const SIGNS = { waiting: "caution", acting: "serious", over: "off" };

export default {
  id: "faults", title: "Faults", key: "f", group: "drills", role: "trainer",
  ofNow: "faults",
  help: [
    "Pick what breaks and how: all that this run can break, each target with the kinds that can be there; of the others it says why not. The form has each figure with its unit and range; when it begins; how long it lasts. What has no meaning is refused with the sentence, and nothing breaks. The crew sees none of this.",
    "Below stand the faults of this run, whether they wait, act or are over, how often each has hit, and what was before and after. Shift H heals all of them.",
    "A participant that dies is started again after its time; the ground can die as well.",
  ],
  hints: [["/", "what breaks"], ["↓ ↑ Enter", "target, then kind"], ["Enter", "in the form: inject"], ["Shift H", "heal all"]],
  keys: {
    H: healAll,
    Escape: () => { if (form.kind) form.kind = null; else form.target = null; },
  },
  open: () => { state.asked = -Infinity; askTargets(); askDone(); },
  view,
};

async function askDone() {
  store.faults = await askBack("fault", store.faults);
  redraw();
}

async function askFaults() {
  Object.assign(state, { asking: true, asked: performance.now(), known: store.faults.length });
  try {
    store.faultsNow = await link.ask("faults", { limit: 100, ...(state.of && { of: state.of }) });
  } catch { /* the link was lost, or it is no trainer: the page says so */ } finally {
    state.asking = false;
  }
  redraw();
}

function view() {
  const due = performance.now() - state.asked > AGAIN || store.faults.length !== state.known;
  if (!state.asking && due && store.link.socket) askFaults();
  if (!form.all && !form.problem) askTargets();
  const { faults, hits } = store.faultsNow;
  return h("div", { class: "split wide-left", key: "body" },
    h("div", { class: "column", key: "left" },
      panel("Let something break", [finder(), faultForm()], { cls: "tall" }),
      panel("Let somebody die", h("div", { class: "filters" },
        select("Participant", state.role, [["", "choose"], ...vehicleNames().map((name) => [name, name]), ["ground", "ground"]], (value) => { state.role = value; }),
        h("input", { type: "text", class: "short", placeholder: "name again", "aria-label": "Its name again", value: state.sure, oninput: (event) => { state.sure = event.target.value.trim(); redraw(); } }),
        button("Kill", kill, { cls: "grave", disabled: !state.role || state.sure !== state.role || !commanding() })), { cls: "small" })),
    h("div", { class: "column", key: "right" },
      panel("Faults of this run", table("Faults", [
        { head: "fault", cls: "grow", cell: (each) => [h("strong", null, each.id), h("span", { class: "note soft" }, breakable(each.words))] },
        { head: "", cls: "nowrap", cell: (each) => status(SIGNS[each.state] ?? "off", each.state) },
        { head: "began", cls: "nowrap", cell: (each) => (each.began_ns === null ? "-" : lmst(each.began_ns)) },
        { head: "hits", cls: "right", cell: (each) => each.hits.toLocaleString("en") },
        { head: "", cell: (each) => each.state !== "over" && button("heal", () => heal(each.id), { cls: "quiet", disabled: !commanding(), why: `heal ${each.id}` }) },
      ], faults, { key: (each) => each.id, picked: state.of || undefined, pick: (each) => { state.of = state.of === each.id ? "" : each.id; state.asked = -Infinity; redraw(); }, empty: "nothing was broken" }), { cls: "tall" }),
      panel(state.of ? `What ${state.of} hit` : "What was hit", table("Hits", [
        { head: "when", cls: "nowrap", cell: (each) => lmst(each.t_ns, true) },
        { head: "fault", cls: "nowrap", cell: (each) => each.fault },
        { head: "where, before → after", cls: "grow", cell: (each) => [breakable(each.where), h("span", { class: "note mono soft" }, breakable(`${brief(each.before)} → ${brief(each.after)}`))] },
      ], hits.filter((each) => each.t_ns <= viewNs()), { key: (each) => `${each.fault} ${each.number}`, empty: "no fault has hit anything yet" }), { cls: "tall" }),
      panel("Who did what", table("Training", [
        { head: "when", cls: "nowrap", cell: (each) => lmst(each.t) },
        { head: "who", cell: (each) => each.who },
        { head: "", cls: "nowrap", cell: (each) => h("strong", null, each.what.replaceAll("_", " ")) },
        { head: "", cls: "grow mono", cell: (each) => breakable(brief(each.data.fault ?? each.data, 120)) },
      ], store.faults, { key: (each) => each.n, empty: "nothing was broken from here" }), { cls: "tall" }),
      panel("Time", h("div", { class: "actions" }, [1, 60, 1000, 10000].map((rate) => button(`${rate.toLocaleString("en")}×`, () => setPace(rate), { key: String(rate) })), button("as fast as it goes", () => setPace(null)), button("pause", () => setPace(0), { keys: "p" }), button("to the next pass", () => setPace(3000, { until: "pass" }), { keys: "n" })), { cls: "small" })));
}

const brief = (value, most = 60) => {
  const text = value === null || value === undefined ? "–" : words(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
};

async function heal(name) {
  if (await order("fault_heal", { name }, `${name} is whole again.`)) state.asked = -Infinity;
  redraw();
}

async function healAll() {
  for (const each of store.faultsNow.faults.filter((one) => one.state !== "over")) await heal(each.id);
}

async function kill() {
  if (await order("kill", { role: state.role }, `${state.role} dies.`)) Object.assign(state, { role: "", sure: "" });
  redraw();
}

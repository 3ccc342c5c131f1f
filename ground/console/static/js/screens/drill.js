// Drills with people: what the crew is asked; for trainers which drill, checkpoints and branches; the debrief.
import { ask, drawNow, link, order, redraw } from "../app.js";
import { freshenDrill, promptTable, VERDICTS } from "../drill.js";
import { h } from "../dom.js";
import { button, commanding, panel, table } from "../parts.js";
import { status } from "../status.js";
import { select } from "./events.js";
import { may, store, titleOf, viewNs } from "../store.js";
import { lmst, nsOfText, spanNs } from "../time.js";

const state = { files: null, picked: "", case: "", made: [], parent: null, name: "", note: "", at: "", sure: "", known: -1 };
const trainer = () => may("trainer");

export default {
  id: "drill", title: "Drill", key: "x", group: "drills",
  ofNow: "the drill",
  help: [
    "What is asked of you stands here and above every screen, with the time until which it is to be done: it counts from when the ground has heard why. What you do about it you do as always, by commands.",
    "When the drill is over, everybody sees the debrief: verdict, timeline, how soon what broke was detected and put right, how long people took.",
    "Trainers pick a drill file; it begins where the file says, the next time that that comes, or now. A checkpoint gives this instant a name; from it, or from any instant, another run goes on, and this one is kept.",
  ],
  get hints() { return trainer() ? [["/", "name a checkpoint"]] : []; },
  open: () => { state.known = -1; store.drillNews++; freshenDrill(); if (trainer()) askFiles(); },
  view,
};

async function askFiles() {
  if (!store.link.socket) return;
  try {
    state.files = (await link.ask("drill_files")).drills;
  } catch { /* the link was lost: the page says so */ }
  redraw();
}

async function askCheckpoints() {
  state.known = store.drillNews + store.faults.length;
  try {
    const told = await link.ask("checkpoints");
    Object.assign(state, { made: told.checkpoints, parent: told.branch_of });
  } catch { /* the link was lost: the page says so */ }
  redraw();
}

function view() {
  if (trainer() && store.link.socket && state.known !== store.drillNews + store.faults.length) askCheckpoints();
  if (trainer() && !state.files && store.link.socket && state.files !== undefined) { state.files = undefined; askFiles(); }
  const { drill } = store;
  const over = drill.state === "over";
  const main = [
    panel("What is asked", [banner(drill), promptTable(trainer() || over)], { cls: over || !trainer() ? "small" : "tall" }),
    over && panel("Debrief", debrief(drill), { cls: "tall" }),
  ];
  if (!trainer()) return h("div", { class: "column whole-height", key: "body" }, main);
  return h("div", { class: "split wide-left", key: "body" },
    h("div", { class: "column", key: "left" }, main, !over && panel("Drill files of this scenario", files(), { cls: "tall" })),
    h("div", { class: "column", key: "right" }, over && panel("Another drill", files(), { cls: "tall" }), checkpoints(), branching()));
}

function banner(drill) {
  const words = {
    none: "No drill is under way.",
    waiting: `${drill.name} waits for its start: ${drill.start}.`,
    under_way: drill.name ? drill.title : "A drill is under way.",
    over: drill.title,
  };
  return h("div", { class: "actions banner" },
    drill.state === "over" ? status(VERDICTS[drill.verdict] ?? "off", drill.verdict) : status(drill.state === "none" ? "off" : "standby", drill.state.replace("_", " ")),
    h("span", { class: "lead" }, words[drill.state]),
    drill.state === "under_way" && drill.ends_ns && h("span", { class: "soft" }, `ends at ${lmst(drill.ends_ns)} at the latest, in ${spanNs(drill.ends_ns - viewNs())}`),
    trainer() && ["waiting", "under_way"].includes(drill.state) && button("Break off", () => change("drill_end", {}, "The drill is broken off."), { cls: "grave", disabled: !commanding() }));
}

async function change(name, given, words) {
  const done = await order(name, given, words);
  store.drillNews++;
  freshenDrill();
  return done;
}

// -------------------------------------------------------------------- files

function files() {
  const picked = state.files?.find((each) => each.name === state.picked);
  const off = !commanding() || !picked || ["waiting", "under_way"].includes(store.drill.state);
  return [
    h("div", { class: "actions" },
      picked?.cases.length > 0 && select("Case", state.case || picked.cases[0], picked.cases.map((each) => [each, each]), (value) => { state.case = value; }),
      button("Begin where it says", () => begin(picked, false), { cls: "main", disabled: off }),
      button("Begin now", () => begin(picked, true), { disabled: off }),
      h("span", { class: "soft" }, picked ? picked.name : "pick a file")),
    table("Drill files", [
      { head: "drill", cls: "grow", cell: (each) => [h("strong", null, each.title), h("span", { class: "note soft" }, `${each.name}${each.cases.length ? `, ${each.cases.length} cases` : ""}`)] },
      { head: "for people", cls: "nowrap", cell: (each) => (each.steps ? status("standby", `${each.steps} step${each.steps > 1 ? "s" : ""}`) : h("span", { class: "soft" }, "faults alone")) },
      { head: "", cell: (each) => button("pick", () => { state.picked = each.name; state.case = ""; drawNow(); }, { cls: "quiet", why: `pick ${each.name}` }) },
    ], [...(state.files ?? [])].sort((a, b) => b.steps - a.steps), { key: (each) => each.name, picked: state.picked, empty: state.files ? "there is no drill file of this scenario" : "asking" }),
  ];
}

async function begin(file, now) {
  const told = await ask("drill_files", { name: file.name });
  if (told) await change("drill_begin", { name: file.name, text: told.text, case: state.case || (file.cases[0] ?? ""), now }, (done) => `${done.drill} begins: ${done.starts}.`);
}

// ------------------------------------------------------ checkpoints, branches
// What is typed is drawn at once, so that Enter finds the button as it is to be.

function checkpoints() {
  return panel("Checkpoints", [
    state.parent && h("p", { class: "soft" }, `This run goes on from ${state.parent.run} at ${state.parent.checkpoint || lmst(state.parent.time_ns)}.`),
    h("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); make(); } },
      h("input", { type: "text", "data-find": true, class: "short", placeholder: "a name", "aria-label": "Name of a checkpoint", value: state.name, oninput: (event) => { state.name = event.target.value.trim(); drawNow(); } }),
      h("input", { type: "text", placeholder: "what is to be known of it", "aria-label": "Note", value: state.note, maxlength: 500, oninput: (event) => { state.note = event.target.value; } }),
      h("button", { type: "submit", disabled: !commanding() || !state.name || undefined }, "Name this instant")),
    table("Checkpoints", [
      { head: "name", cls: "grow", cell: (each) => [h("strong", null, each.name), each.note && h("span", { class: "note soft" }, each.note)] },
      { head: "instant", cls: "nowrap", cell: (each) => lmst(each.t_ns, true) },
      { head: "by", cls: "nowrap", cell: (each) => each.by },
      { head: "", cell: (each) => button("branch…", () => { state.at = each.name; state.sure = ""; drawNow(); document.getElementById("branch-sure")?.focus(); }, { cls: "quiet", disabled: !commanding(), why: `branch off from ${each.name}` }) },
    ], state.made, { key: (each) => each.name, empty: "no instant has a name" }),
  ], { cls: "tall" });
}

async function make() {
  if (await order("checkpoint", { name: state.name, note: state.note }, (done) => `${done.name} is ${lmst(done.t_ns, true)}.`)) Object.assign(state, { name: "", note: "" });
  state.known = -1;
}

// The run here ends with it: that is asked for with a word, not by one key.
function branching() {
  const known = state.made.find((each) => each.name === state.at);
  const ns = known ? known.t_ns : nsOfText(state.at);
  return panel("Branch from here", [
    h("p", null, "Another run begins as this one did, stands at the instant, and goes on from there. This run ends and is kept; everybody's page goes over."),
    h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); branch(known, ns); } },
      h("div", { class: "argument" }, h("label", { for: "branch-at" }, "from"), h("input", { id: "branch-at", type: "text", placeholder: "a checkpoint, or sol 12 14:30", value: state.at, oninput: (event) => { state.at = event.target.value; drawNow(); } }), h("p", { class: ns === null && state.at ? "problem" : "soft" }, ns !== null ? lmst(ns, true) : state.at ? "no checkpoint, and no sol and hour" : "now: name this instant first")),
      h("div", { class: "argument" }, h("label", { for: "branch-sure" }, "type branch"), h("input", { id: "branch-sure", type: "text", autocomplete: "off", value: state.sure, oninput: (event) => { state.sure = event.target.value.trim(); drawNow(); } })),
      h("div", { class: "actions" }, h("button", { type: "submit", class: "grave", disabled: ns === null || state.sure !== "branch" || !commanding() || undefined }, "Branch off"))),
  ], { cls: "small", key: "branch" });
}

async function branch(known, ns) {
  if (ns === null || state.sure !== "branch") return;
  const told = await ask("branch", known ? { checkpoint: known.name } : { t_ns: ns });
  if (told) Object.assign(state, { sure: "", at: "" });
}

// ------------------------------------------------------------------- debrief

const at = (ns) => lmst(ns, true);

function debrief(drill) {
  return [
    drill.doc && h("p", { class: "soft" }, drill.doc),
    drill.because.length > 0 && h("ul", { class: "because" }, drill.because.map((each) => h("li", { key: each }, each))),
    timeline(drill),
    h("h3", { class: "pad" }, "Detected and put right"),
    table("What was awaited", [
      { head: "", cls: "nowrap", cell: (each) => h("strong", null, each.name) },
      { head: "what", cls: "grow", cell: (each) => each.what },
      { head: "after", cls: "nowrap", cell: (each) => (each.took_s === null ? "not seen" : spanNs(each.took_s * 1e9)) },
      { head: "allowed", cls: "nowrap", cell: (each) => spanNs(each.limit_s * 1e9) },
      { head: "", cls: "nowrap", cell: (each) => status(each.held === null ? "off" : each.held ? "normal" : "critical", each.held === null ? "not asked" : each.held ? "in time" : "not in time") },
    ], drill.within, { key: (each) => each.name, empty: "nothing was awaited of the vehicles" }),
    h("h3", { class: "pad" }, "What broke"),
    table("Faults of the drill", [
      { head: "fault", cls: "grow", cell: (each) => [h("strong", null, each.id), ` ${each.words}`, h("span", { class: "note soft mono" }, each.what && `first ${each.what}`)] },
      { head: "hits", cls: "right", cell: (each) => each.hits.toLocaleString("en") },
      { head: "first", cls: "nowrap", cell: (each) => at(each.first_ns) },
      { head: "over", cls: "nowrap", cell: (each) => at(each.ended_ns) },
    ], drill.faults, { key: (each) => each.id, empty: "nothing" }),
    drill.broken.length > 0 && [h("h3", { class: "pad" }, "What did not hold"), table("Broken", [
      { head: "when", cls: "nowrap", cell: (each) => at(each.t_ns) }, { head: "what", cls: "grow", cell: (each) => each.what }, { head: "", cell: (each) => each.detail },
    ], drill.broken, { key: (each) => `${each.what} ${each.t_ns}` })],
    h("h3", { class: "pad" }, "Tubes"),
    table("Tubes", [
      { head: "tube", cell: (each) => each.tube }, { head: "truly", cell: (each) => each.truth }, { head: "said to be", cls: "grow", cell: (each) => each.said },
      { head: "", cls: "nowrap", cell: (each) => status(each.agrees ? "normal" : "critical", each.agrees ? "agrees" : "does not agree") },
    ], drill.tubes, { key: (each) => each.tube, empty: "none" }),
    h("p", { class: "soft" }, "The same as one page, with all drills of this run: drills.html in the run folder."),
  ];
}

// Lanes of vehicles with their states and events; bands of faults; what people were asked and did.
function timeline(drill) {
  const lanes = [...new Set(drill.marks.map((mark) => mark.lane))];
  const width = 1000, left = 110, lane = 24, top = 26;
  const rows = [...lanes, "the crew"];
  const height = top + rows.length * lane + 8;
  const [from, to] = [drill.began_ns, Math.max(drill.ends_ns, drill.began_ns + 1e9)];
  const x = (ns) => left + (Math.min(Math.max(ns, from), to) - from) / (to - from) * (width - left - 12);
  const ticks = Array.from({ length: 6 }, (_, place) => from + (to - from) * place / 5);
  const colours = ["#24425e", "#2c4a38", "#4b3d22", "#43304f", "#23484b", "#4d2f33"];
  return h("svg", { class: "drillline", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Timeline of the drill", key: "timeline" },
    ticks.map((ns, place) => h("g", { key: `tick ${place}` }, h("line", { class: "tick", x1: x(ns), x2: x(ns), y1: top - 6, y2: height }), h("text", { class: "small", x: x(ns), y: 13, "text-anchor": place === 5 ? "end" : "middle" }, `${place ? "+" : ""}${spanNs(ns - from)}`))),
    rows.map((name, row) => h("g", { key: `lane ${name}` }, h("text", { x: 4, y: top + row * lane + 15 }, titleOf(name)), h("line", { class: "rule", x1: left, x2: width - 12, y1: top + row * lane + 20, y2: top + row * lane + 20 }))),
    lanes.map((name, row) => {
      const states = drill.marks.filter((mark) => mark.lane === name && mark.kind === "state");
      const names = [...new Set(states.map((mark) => mark.text))];
      return h("g", { key: `states ${name}` }, states.map((mark, place) => {
        const end = states[place + 1]?.t_ns ?? to;
        const room = x(end) - x(mark.t_ns);
        return h("g", { key: `${mark.t_ns} ${mark.text}` }, h("rect", { x: x(mark.t_ns), y: top + row * lane + 3, width: Math.max(1, room), height: 15, fill: colours[names.indexOf(mark.text) % colours.length] }, h("title", null, `${mark.text}, ${at(mark.t_ns)}`)),
          room > 60 && h("text", { class: "small", x: x(mark.t_ns) + 3, y: top + row * lane + 14 }, mark.text.split(".").at(-1).slice(0, Math.floor(room / 7))));
      }));
    }),
    drill.faults.filter((each) => each.began_ns !== null).map((each) => h("rect", { class: "faultband", key: `fault ${each.id}`, x: x(each.began_ns), width: Math.max(2, x(each.ended_ns ?? to) - x(each.began_ns)), y: top - 4, height: height - top }, h("title", null, `${each.id}: ${each.words}`))),
    lanes.map((name, row) => drill.marks.filter((mark) => mark.lane === name && mark.kind !== "state").slice(0, 120).map((mark, place) =>
      h("circle", { key: `${name} ${mark.t_ns} ${place}`, class: `mark ${mark.kind}`, cx: x(mark.t_ns), cy: top + row * lane + 10, r: mark.kind === "warning" ? 4.5 : 3 }, h("title", null, `${mark.text}, ${at(mark.t_ns)}`)))),
    drill.prompts.filter((each) => each.asked_ns !== null).map((each) => crewMark(each, x, top + lanes.length * lane, to)));
}

function crewMark(each, x, y, to) {
  const end = Math.min(each.deadline_ns, to);
  return h("g", { key: `prompt ${each.number}` },
    h("rect", { class: "window", x: x(each.asked_ns), y: y + 4, width: Math.max(2, x(end) - x(each.asked_ns)), height: 13 }, h("title", null, `${each.prompt}: asked ${at(each.asked_ns)}, until ${at(each.deadline_ns)}`)),
    each.done_ns !== null && h("line", { class: each.state === "late" ? "did late" : "did", x1: x(each.done_ns), x2: x(each.done_ns), y1: y + 1, y2: y + 20 }),
    h("text", { class: "small", x: x(each.asked_ns) + 3, y: y + 15 }, `${each.number}${each.by ? ` ${each.by}` : ""}`));
}

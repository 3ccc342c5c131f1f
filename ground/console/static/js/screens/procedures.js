// The procedure that runs, step by step, and what may be done about it; the others that there are.
import { procedure as procedureOf } from "../adapt.js";
import { ask, link, listOf, order, readProcedure, redraw, say } from "../app.js";
import { openPrompts, promptTable } from "../drill.js";
import { h } from "../dom.js";
import { button, commanding, panel, table } from "../parts.js";
import { status } from "../status.js";
import { may, store, titleOf, user } from "../store.js";
import { lmst } from "../time.js";

const state = { list: null, read: null, why: "", at: undefined, problem: "" };
const SIGN = { done: "normal", running: "standby", waits: "caution", waiting: "off", failed: "critical", "passed over": "off" };

export default {
  id: "procedures", title: "Procedures", key: "p", group: "always",
  help: [
    "The steps of the procedure that runs; the one that it is at is marked. Steps that its way led past were passed over, and not done. Pause stops before the next step; a step that failed waits for you: Retry, Go on (with a reason), or Stop.",
    "Only approved procedures run. A procedure in review is approved by somebody who did not write it.",
    "The run ends when the mission's own procedure is stopped; any other may be stopped at any time.",
    "A poll asks everybody for go or no-go; each answers for themselves.",
  ],
  hints: [["Shift P", "pause"], ["Shift G", "go on"], ["Shift S", "one step"]],
  keys: {
    P: () => change("procedure_pause", "It halts before its next step."),
    G: () => change("procedure_go", "It goes on."),
    S: () => change("procedure_step", "One step."),
    Escape: () => { state.read = null; },
  },
  open: askList,
  view,
};

async function askList() {
  if (!store.hello) return;
  try {
    state.list = listOf(await link.ask("procedures"));
    await readProcedure();
    state.problem = "";
  } catch (error) {
    state.problem = error.message;
  }
  redraw();
}

async function read(name) {
  const found = await ask("procedure", { name });
  if (found) state.read = procedureOf(found);
  redraw();
}

function view() {
  const running = store.procedure;
  const shown = state.read ?? running;
  return h("div", { class: "split wide-left", key: "body" },
    panel(shown?.title ?? "Procedure", shown ? steps(shown) : h("p", { class: "empty soft" }, state.problem || "No procedure runs."), { cls: "tall", key: "steps", side: shown && [stateOf(shown), state.read && button("back to the one that runs", () => { state.read = null; redraw(); }, { cls: "quiet" })] }),
    h("div", { class: "column", key: "side" },
      panel("What to do", actions(running, shown), { cls: "small" }),
      openPrompts().length > 0 && panel("Asked in the drill", promptTable(false), { cls: "small" }),
      panel("Go or no-go", poll(running), { cls: "small" }),
      panel("Log", log(running), { cls: "tall" }),
      panel("All procedures", table("Procedures", columns, state.list ?? [], { key: (each) => each.name, pick: (each) => read(each.name), empty: "none is known" }), { cls: "small" })));
}

const KINDS = { running: "normal", paused: "caution", pausing: "caution", failed: "critical", ended: "off", idle: "off", waiting: "caution" };
const stateOf = (procedure) => status(KINDS[procedure.state] ?? "off", procedure.state ?? "not running");

const columns = [
  { head: "name", cell: (each) => [h("strong", null, each.title ?? each.name), each.doc && h("span", { class: "note soft" }, each.doc)] },
  { head: "state", cls: "nowrap", cell: (each) => stateInList(each) },
];

function stateInList(each) {
  const told = each.state ?? (each.position !== undefined ? procedureOf({ ...each, steps: [] }).state : each.approved ? "approved" : each.draft?.state ?? "draft");
  return status({ approved: "normal", running: "normal", review: "caution", draft: "off" }[told] ?? KINDS[told] ?? "off", told);
}

function steps(procedure) {
  return table("Steps", [
    { head: "", cls: "right soft", cell: (each) => each.number },
    { head: "", cls: "nowrap", cell: (each) => status(SIGN[each.state] ?? "off", each.state ?? "") },
    { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle ?? "") },
    { head: "step", cls: "grow", cell: (each) => [h("strong", { title: each.label }, each.text || each.label), each.hazardous && [" ", status("serious", "hazardous")], each.detail && h("span", { class: "note soft" }, each.detail)] },
    { head: "begun", cls: "nowrap soft", cell: (each) => (each.since === null ? "" : lmst(each.since)) },
  ], procedure.steps ?? [], { key: (each) => each.number, picked: procedure.step, empty: "it has no steps", pick: (each) => { state.at = each.number; say(`Step ${each.number} is where Jump goes to.`); } });
}

async function change(name, done, given = {}) {
  const one = (state.read ?? store.procedure)?.name;
  const why = name === "procedure_go" && state.why ? { why: state.why } : {};
  if (await order(name, { ...(one && { name: one }), ...why, ...given }, done)) state.why = "";
  store.procedureIsOld = true;
}

function actions(running, shown) {
  if (!may("operator", "director")) return h("p", { class: "soft" }, "Operators and directors run procedures.");
  const off = !commanding();
  const one = (shown ?? running)?.name;
  const act = (name, done, given = {}) => () => change(name, done, given);
  const why = state.why;
  return [
    h("div", { class: "actions" },
      button(one === "mission" ? "Take in hand" : "Run", act("procedure_run", "It is in your hands."), { cls: "main", disabled: off || !shown || (running?.state === "running" && shown === running && running.attended) }),
      button("Pause", act("procedure_pause", "It halts before its next step."), { keys: "⇧P", disabled: off || running?.state !== "running" }),
      button("Step", act("procedure_step", "One step."), { keys: "⇧S", disabled: off || running?.state !== "paused" }),
      button("Go on", act("procedure_go", "It goes on."), { keys: "⇧G", disabled: off || !["paused", "failed"].includes(running?.state) }),
      button("Retry", act("procedure_retry", "The step again."), { disabled: off || running?.state !== "failed" }),
      button(state.at ? `Jump to ${state.at}` : "Jump", act("procedure_jump", "It goes on from there.", { step: state.at ?? 0, why }), { disabled: off || !state.at || !why, why: "pick a step and give the reason" }),
      button(one === "mission" ? "Stop, and end the run" : "Stop", act("procedure_stop", (told) => told.says ?? "Stopped.", { why }), { disabled: off || !running || !why, why: "needs the reason", cls: "grave" })),
    h("label", { for: "why" }, "Reason"),
    h("input", { id: "why", type: "text", maxlength: 500, value: why, oninput: (event) => { state.why = event.target.value; redraw(); } }),
    shown?.prompt && prompt(shown),
  ];
}

function prompt({ prompt: asked, name }) {
  return h("div", { class: "prompt" }, h("p", { class: "lead" }, asked.text), asked.command && h("p", null, h("code", null, typeof asked.command === "string" ? asked.command : JSON.stringify(asked.command))),
    h("div", { class: "actions" }, (asked.choices ?? ["yes", "no"]).map((choice) =>
      button(String(choice), () => order("procedure_answer", { ...(name && { name }), prompt: asked.prompt ?? "", answer: choice, note: state.why }, "Answered."), { key: String(choice) }))));
}

function poll(procedure) {
  const asked = procedure?.poll;
  if (!asked) return h("p", { class: "soft" }, "Nobody asks.");
  const answer = (word) => () => order("procedure_poll", { ...(procedure.name && { name: procedure.name }), poll: asked.poll, answer: word }, `You said ${word}.`);
  return [
    h("p", { class: "lead" }, asked.question ?? asked.text),
    h("ul", { class: "poll" }, Object.entries(asked.answers ?? {}).map(([who, word]) => h("li", { key: who }, status(word === "go" ? "normal" : "critical", word), ` ${who}`))),
    h("div", { class: "actions" }, button(`${user().name}: go`, answer("go")), button(`${user().name}: no-go`, answer("no-go"))),
  ];
}

function log(procedure) {
  const lines = [...(procedure?.log ?? [])].reverse().slice(0, 60);
  return lines.length === 0 ? h("p", { class: "soft" }, "nothing yet")
    : h("ul", { class: "log" }, lines.map((line) => h("li", { key: `${line.time_ns} ${line.step} ${line.text}` }, h("span", { class: "soft" }, `${lmst(line.time_ns)} `), line.text, line.step && !line.step.includes("[") && [": ", h("strong", null, line.step)])));
}

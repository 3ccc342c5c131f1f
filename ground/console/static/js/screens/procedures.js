// One procedure, step by step, and what may be done about it; the others that there are.
import { procedure as procedureOf } from "../adapt.js";
import { link, listOf, order, readProcedure, redraw, say } from "../app.js";
import { openPrompts, promptTable } from "../drill.js";
import { h } from "../dom.js";
import { button, commanding, panel, table, words as inWords } from "../parts.js";
import { review } from "../review.js";
import { status } from "../status.js";
import { may, store, titleOf, user } from "../store.js";
import { lmst } from "../time.js";

const MISSION = "mission";
const SIGN = { done: "normal", running: "standby", waits: "caution", waiting: "off", failed: "critical", "passed over": "off" };
// `name`: of the one that is looked at; null: the mission's own.
const state = { list: null, name: null, read: null, why: "", at: undefined, problem: "", news: -1 };
const shown = () => (state.name ? state.read : store.procedure);

export default {
  id: "procedures", title: "Procedures", key: "p", group: "always",
  ofNow: "the procedures",
  help: [
    "The steps of a procedure; the one that it is at is marked. Steps that its way led past were passed over, and not done. Pause stops before the next step; a step that failed waits for you: Retry, Go on (with a reason), or Stop.",
    "At first it is the mission's own; Enter on another below looks at that. All that is here is of the one that is looked at: its buttons, what it asks, its log.",
    "A procedure is a draft, then submitted, then approved by somebody who has written none of it; what is approved may be run.",
    "The run ends when the mission's own procedure is stopped; any other may be stopped at any time.",
    "A poll asks everybody for go or no-go; each answers for themselves.",
  ],
  hints: [["Shift P", "pause"], ["Shift G", "go on"], ["Shift S", "one step"], ["Enter", "on a step: where Jump goes; on a procedure: look at it"]],
  keys: {
    P: () => act("pause"),
    G: () => act("go"),
    S: () => act("step"),
    Escape: () => look(null),
  },
  open: () => freshen(true),
  freshen: () => freshen(),
  view,
};

// What is looked at and the list, anew, when any procedure has gone on since they were asked for.
async function freshen(anyway = false) {
  if (!store.hello || !store.link.socket || (state.news === store.procedureNews && !anyway)) return;
  state.news = store.procedureNews;
  const { name } = state;
  try {
    state.list = listOf(await link.ask("procedures"));
    if (name === null) await readProcedure();
    else {
      const told = procedureOf(await link.ask("procedure", { name }));
      if (state.name === name) state.read = told;
    }
    state.problem = "";
  } catch (error) {
    Object.assign(state, { problem: error.message, news: -1 });
  }
  redraw();
}

function look(name) {
  Object.assign(state, { name: name === MISSION ? null : name, read: null, at: undefined, why: "" });
  freshen(true);
  redraw();
}

function view() {
  const one = shown();
  return h("div", { class: "split wide-left", key: "body" },
    panel(one?.title ?? state.name ?? "Procedure", one ? steps(one) : h("p", { class: "empty soft" }, state.problem || (state.name ? "It is asked for." : "No procedure runs.")), { cls: "tall", key: "steps", side: [one && standing(one), state.name && button("back to the mission's own", () => look(null), { cls: "quiet" })] }),
    h("div", { class: "column", key: "side" },
      panel("What to do", actions(one), { cls: "small" }),
      openPrompts().length > 0 && panel("Asked in the drill", promptTable(false), { cls: "small" }),
      one?.draft && panel("Draft", review(one, () => freshen(true)), { cls: "small", key: "draft" }),
      (one?.poll || !one?.draft) && panel("Go or no-go", poll(one), { cls: "small" }),
      panel("Log", log(one), { cls: "tall" }),
      panel("All procedures", table("Procedures", columns, state.list ?? [], { key: (each) => each.name, picked: state.name ?? MISSION, pick: (each) => look(each.name), empty: "none is known" }), { cls: "small" })));
}

const KINDS = {
  running: "normal", paused: "caution", pausing: "caution", failed: "critical", ended: "off", waiting: "caution",
  approved: "normal", submitted: "caution", draft: "off",
};

// As it runs, or the state of its newest version; and a draft beside that.
function standing(one) {
  const now = one.position !== undefined ? procedureOf({ ...one, steps: [] }).state : one.approved ? "approved" : "";
  const draft = one.draft?.state;
  const word = now || draft || "not run";
  return [status(KINDS[word] ?? "off", word), now && draft && h("span", { class: "note soft" }, draft === "submitted" ? " new version submitted" : " draft beside it")];
}

// Also of one that is a draft, or has not run yet.
const titleOfOne = (each) => each.title ?? each.draft?.title ?? each.approved?.title ?? each.name;

const columns = [
  { head: "name", cell: (each) => [h("strong", null, titleOfOne(each)), (each.doc ?? (titleOfOne(each) !== each.name && each.name !== MISSION && each.name)) && h("span", { class: "note soft" }, each.doc ?? each.name)] },
  { head: "state", cls: "nowrap", cell: standing },
];

function steps(procedure) {
  return table("Steps", [
    { head: "", cls: "right soft", cell: (each) => each.number },
    { head: "", cls: "nowrap", cell: (each) => status(SIGN[each.state] ?? "off", each.state ?? "") },
    { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle ?? "") },
    { head: "step", cls: "grow", cell: (each) => [h("strong", { title: each.label }, each.text || each.label), each.hazardous && [" ", status("serious", "hazardous")], each.detail && h("span", { class: "note soft" }, each.detail)] },
    { head: "begun", cls: "nowrap soft", cell: (each) => (each.since === null ? "" : lmst(each.since)) },
  ], procedure.steps ?? [], { key: (each) => each.number, picked: procedure.step, empty: "it has no steps", pick: (each) => { state.at = each.number; say(`Step ${each.number} is where Jump goes to.`); } });
}

const underWay = (one) => one.position !== undefined && !one.ended;
const halted = (one) => ["paused", "failed"].includes(one.state);

// What can be done with a procedure as it stands: when, with which words, what is said then.
const ACTS = {
  run: { may: (one) => (one.name === undefined || one.name === MISSION ? !one.ended && !(one.attended && one.state === "running") : one.approved && !underWay(one)), why: "an approved one that does not run", said: "It is in your hands." },
  pause: { may: (one) => ["running", "waiting"].includes(one.state) && one.pace !== "pause", why: "one that runs", said: "It halts before its next step." },
  step: { may: (one) => one.state === "paused", why: "one that is paused", said: "One step." },
  go: { may: (one) => ["paused", "pausing"].includes(one.state) || (one.state === "failed" && state.why), why: "one that is paused, or has failed and has a reason", words: () => state.why && { why: state.why }, said: "It goes on." },
  retry: { may: (one) => one.state === "failed", why: "one of which a step has failed", said: "The step again." },
  jump: { may: (one) => halted(one) && state.at !== undefined && state.why, why: "one that is halted: pick a step and give the reason", words: () => ({ step: state.at, why: state.why }), said: "It goes on from there." },
  stop: { may: (one) => underWay(one) && state.why, why: "one that is under way, with the reason", words: () => ({ why: state.why }), said: (told) => told.says ?? "Stopped." },
};

// What is shown may be from before the latest step: only what stands now refuses.
async function act(name) {
  const { may: allowed, words, why, said } = ACTS[name];
  const possible = () => shown() && allowed(shown());
  if (!possible()) await freshen(true);
  if (!possible()) return say(`${name}: allowed is ${why}.`, true);
  if (await order(`procedure_${name}`, { name: state.name ?? MISSION, ...words?.() }, said)) state.why = "";
  return freshen(true);
}

function actions(one) {
  if (!may("operator", "director")) return h("p", { class: "soft" }, "Operators and directors run procedures.");
  const does = (name, words, { keys, cls } = {}) => button(words, () => act(name), { keys, cls, disabled: !commanding() || !one || !ACTS[name].may(one), why: ACTS[name].why });
  const own = !state.name;
  return [
    h("div", { class: "actions" },
      does("run", own ? "Take in hand" : "Run", { cls: "main" }), does("pause", "Pause", { keys: "⇧P" }), does("step", "Step", { keys: "⇧S" }),
      does("go", "Go on", { keys: "⇧G" }), does("retry", "Retry"), does("jump", state.at === undefined ? "Jump" : `Jump to ${state.at}`),
      does("stop", own ? "Stop, and end the run" : "Stop", { cls: "grave" })),
    h("label", { for: "why" }, "Reason ", h("span", { class: "soft" }, "is needed to jump, to stop, and to go on after a failure")),
    h("input", { id: "why", type: "text", maxlength: 500, value: state.why, oninput: (event) => { state.why = event.target.value; redraw(); } }),
    one?.prompt && prompt(one),
  ];
}

function prompt({ prompt: asked }) {
  const answer = async (choice) => {
    if (await order("procedure_answer", { name: state.name ?? MISSION, prompt: asked.prompt ?? "", answer: choice, note: state.why }, "Answered.")) state.why = "";
    freshen(true);
  };
  return h("div", { class: "prompt" }, h("p", { class: "lead" }, asked.text), asked.command && h("p", null, h("code", null, inWords(asked.command))),
    h("div", { class: "actions" }, (asked.choices ?? ["yes", "no"]).map((choice) => {
      const silent = choice === "refuse" && asked.kind === "approval" && !state.why;
      return button(String(choice), () => answer(choice), { key: String(choice), disabled: !commanding() || silent, why: silent ? "needs the reason, above" : "" });
    })));
}

function poll(procedure) {
  const asked = procedure?.poll;
  if (!asked) return h("p", { class: "soft" }, "Nobody asks.");
  const answer = (word) => async () => {
    await order("procedure_poll", { name: state.name ?? MISSION, poll: asked.poll, answer: word, ...(state.why && { note: state.why }) }, `You said ${word}.`);
    freshen(true);
  };
  return [
    h("p", { class: "lead" }, asked.question ?? asked.text),
    h("ul", { class: "poll" },
      Object.entries(asked.answers).map(([who, role]) => h("li", { key: who }, status("normal", "go"), ` ${who}`, h("span", { class: "soft" }, ` ${role}`))),
      asked.awaited.map((role) => h("li", { key: `awaited ${role}` }, status("standby", "awaited"), h("span", { class: "soft" }, ` ${role}`)))),
    h("div", { class: "actions" }, button(`${user().name}: go`, answer("go"), { disabled: !commanding() || user().name in asked.answers, why: user().name in asked.answers ? "you have said go" : "" }), button(`${user().name}: no-go`, answer("no-go"), { disabled: !commanding() })),
  ];
}

function log(procedure) {
  const lines = [...(procedure?.log ?? [])].reverse().slice(0, 60);
  return lines.length === 0 ? h("p", { class: "soft" }, "nothing yet")
    : h("ul", { class: "log" }, lines.map((line) => h("li", { key: `${line.time_ns} ${line.step} ${line.text}` }, h("span", { class: "soft" }, `${lmst(line.time_ns)} `), line.text, line.step && !line.step.includes("[") && [": ", h("strong", null, line.step)])));
}

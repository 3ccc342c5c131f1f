// Before a pass: what is staged for which pass, whether it fits, who has to approve, go or no-go.
import { ask, order, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { button, commanding, pairs, panel, words } from "../parts.js";
import { askPreview, previewBody, previewButton } from "../preview.js";
import { askApproval, askRefusal, askRelease, leaveConfirm, stackActions } from "../decide.js";
import { fallenTable, leavesAt, outlookOf, problemsOf, stackState, stackTable, staged, terms, toggleMark } from "../stack.js";
import { status } from "../status.js";
import { store, titleOf, user } from "../store.js";
import { lmst, span, spanNs } from "../time.js";

const state = { dry: new Map() };
const MOST = 50;

export default {
  id: "plan", title: "Plan", key: "l", group: "before a pass",
  ofNow: "the stack",
  help: [
    "The stack, by the pass in which each command can leave. The checks of a dry run stand beside it: bytes on the link, problems, the mode that it assumes and how old the word of that is.",
    "What is hazardous waits for another person: they approve here, from a session of their own, what has exactly this hash; any change voids it. Or they refuse, and say why; who staged it reads that.",
    "m marks what is to leave together: it is released in the order of the stack, all of it or nothing.",
    "A preview flies what is staged on a twin of the run: verdicts, energy, time and way, beside what then really comes. The twin knows what the vehicles have told and nothing else; where it is not where those are that the commands concern, it says so and flies nothing; what else differs stands beside the result.",
    "Go or no-go is asked in the procedures' screen and answered by each for themselves.",
  ],
  hints: [["j k", "down, up"], ["d", "dry run"], ["v", "preview"], ["m", "mark, to release several"], ["Shift R", "release…"], ["Shift A", "approve…"], ["Shift X", "refuse…"]],
  keys: {
    j: () => pick(1), k: () => pick(-1), d: dryRun, v: askPreview, m: () => toggleMark(), R: askRelease, A: askApproval, X: askRefusal,
    Escape: leaveConfirm,
  },
  open: () => { stackState.picked ??= staged()[0]?.stage; },
  view,
};

function pick(by) {
  const all = staged().map((item) => item.stage);
  stackState.picked = all[Math.max(0, Math.min(all.length - 1, all.indexOf(stackState.picked) + by))];
}

async function dryRun() {
  for (const item of staged().slice(0, MOST)) {
    const { vehicle, command, arguments: given, lifetime, note, when, not_after, unit } = item;
    const seen = await ask("dry_run", { vehicle, command, arguments: given, lifetime, note, when, not_after, unit });
    if (!seen) return;
    state.dry.set(item.stage, { ...seen, of: item.hash || JSON.stringify(given) });
  }
  say("Tried without sending anything.");
  redraw();
}

function view() {
  const item = store.stack.get(stackState.picked);
  return h("div", { class: "split wide-left", key: "body" },
    h("div", { class: "column", key: "left" },
      panel("Staged", [stackTable(), stackState.releasing && stackActions(), fallenTable()], { cls: "tall", side: !stackState.releasing && [button("Dry run", dryRun, { keys: "d", disabled: staged().length === 0 || !commanding() }), stackActions()] }),
      panel("Preview", previewBody(), { key: "preview", cls: "tall", side: previewButton() }),
      panel("By pass", byPass(), { cls: "small" })),
    h("div", { class: "column", key: "right" },
      panel(item ? `${item.stage}: ${item.command}` : "Checks", item ? checks(item) : h("p", { class: "soft" }, staged().length ? "Pick what is staged with j and k." : "What is staged is looked at here: the mode that it assumes, why it could not leave, what a dry run finds."), { cls: "tall", key: "checks" }),
      panel("Approvals", approvals(), { cls: "small" }),
      panel("Go or no-go", goNoGo(), { cls: "small" })));
}

function byPass() {
  const groups = new Map();
  for (const item of staged()) {
    const at = leavesAt(item);
    const { window } = outlookOf(item);
    const pass = window ? { start_ns: window[0], end_ns: window[1], vehicle: item.vehicle } : store.passes.find((each) => each.vehicle === item.vehicle && at !== null && each.start_ns <= at && at <= each.end_ns);
    const name = at === null ? "no pass is predicted" : pass ? `${titleOf(item.vehicle)}, ${lmst(pass.start_ns)}, ${spanNs(pass.end_ns - pass.start_ns)}` : `${titleOf(item.vehicle)}, from ${lmst(at)}`;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  if (groups.size === 0) return h("p", { class: "soft" }, [h("span", null, "Nothing is staged. "), h("kbd", null, "c"), " finds a command."]);
  return pairs([...groups].map(([name, items]) => {
    const sizes = items.map((item) => state.dry.get(item.stage)?.bytes);
    const total = sizes.every((size) => size !== undefined) ? `${sizes.reduce((a, b) => a + b, 0)} bytes` : "d tells the bytes";
    return [name, [`${items.length} command${items.length > 1 ? "s" : ""}: ${counted(items.map((item) => item.command))} `, h("span", { class: "soft" }, total)]];
  }));
}

// "report_status, load_parameters 3 times"
function counted(names) {
  return [...new Set(names)].map((name) => [name, names.filter((each) => each === name).length]).map(([name, n]) => (n > 1 ? `${name} ${n} times` : name)).join(", ");
}

function checks(item) {
  const seen = state.dry.get(item.stage);
  const old = seen && seen.of !== (item.hash || JSON.stringify(item.arguments));
  return [
    pairs([
      ["vehicle", titleOf(item.vehicle)], ["command", h("strong", null, item.command)], ["arguments", h("code", null, words(item.arguments) || "none")],
      item.mode && ["assumes the mode", [h("code", null, item.mode), item.mode_age_s !== null && item.mode_age_s !== undefined && h("span", { class: "soft" }, ` known ${span(item.mode_age_s)} ago`)]],
      terms(item) && ["when and how", terms(item)],
      item.waits_until && ["waits until", lmst(item.waits_until)],
      item.note && ["note", item.note],
      item.hash && ["hash", h("code", null, item.hash.slice(0, 32))],
      ...problemsOf(item).map((problem) => ["problem", h("span", { class: "problem" }, problem)]),
    ]),
    seen && h("div", { class: old ? "soft" : "", key: "dry" }, h("h3", { class: "pad" }, old ? "Dry run, before it was changed" : "Dry run"), pairs([
      ["on the link", `${seen.bytes} bytes`], seen.deadline_s && ["done within", span(seen.deadline_s)],
      ...(seen.problems ?? []).map((problem) => ["problem", h("span", { class: "problem" }, problem)]),
      ...(seen.checks ?? []).map((check) => ["check", check]),
      (seen.problems ?? []).length === 0 && ["", status("normal", "no problem found")],
    ])),
  ];
}

function approvals() {
  const waiting = staged().filter((item) => item.hazardous);
  if (waiting.length === 0) return h("p", { class: "soft" }, "Nothing that is staged needs one.");
  return h("ul", null, waiting.map((item) => h("li", { key: item.stage },
    h("strong", null, `${item.stage} ${item.command} `),
    item.state === "void" ? [status("serious", "void"), h("span", { class: "soft" }, ": change it, or stage it again")] : item.approved_by ? status("normal", `approved by ${item.approved_by}`) : item.by === user().name ? status("caution", "waits for another person") : status("caution", `staged by ${item.by}; waits`))));
}

function goNoGo() {
  const poll = store.procedure?.poll;
  if (!poll) return h("p", { class: "soft" }, "Nobody asks.");
  const answer = (word) => () => order("procedure_poll", { poll: poll.poll, answer: word }, `You said ${word}.`);
  return [h("p", { class: "lead" }, poll.question ?? poll.text),
    h("p", null, Object.entries(poll.answers ?? {}).map(([who, word]) => h("span", { key: who }, status(word === "go" ? "normal" : "critical", `${who}: ${word}`), " "))),
    h("div", { class: "actions" }, button("go", answer("go")), button("no-go", answer("no-go")))];
}

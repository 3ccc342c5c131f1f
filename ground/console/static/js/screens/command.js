// Finding a command, filling in its form, staging it, letting it leave, seeing how far it came.
import { drawNow, order, redraw, say } from "../app.js";
import { asTyped, read, sentence } from "../arguments.js";
import { h } from "../dom.js";
import { commandsKnown } from "../known.js";
import { best } from "../fuzzy.js";
import { commandTable } from "../ladder.js";
import { button, commanding, panel, prose, unitOf } from "../parts.js";
import { askPreview, leavePreview, previewBody, previewButton, previewed } from "../preview.js";
import { askApproval, askRefusal, askRelease, leaveConfirm, stackActions } from "../decide.js";
import { fallenTable, stackState, stackTable, staged, toggleMark } from "../stack.js";
import { blankTerms, readTerms, termsFields, termsOf } from "../terms.js";
import { status } from "../status.js";
import { may, store, titleOf, user, valueOf, vehicleNames } from "../store.js";
import { spanNs } from "../time.js";

const MOST_FOUND = 40;
const state = { query: "", vehicle: "", at: 0, form: null, picked: undefined, find: 0, house: false };

export default {
  id: "command", title: "Command", key: "c", group: "in a pass", ofVehicle: true,
  ofNow: "the stack",
  help: [
    "Type a few letters of the command, of an argument or of what it does; the arrows choose, Enter opens the form. Commands that every vehicle has are folded until you search.",
    "The form checks as you type, by the same ranges as on board. Enter stages: the command stands on the stack, and nothing has left yet.",
    "Shift R asks for the release of the one that is picked; then it is shown whole, and Tab and Enter let it leave. What is hazardous needs another person's approval first, and its vehicle's name typed.",
    "v flies what is staged on a twin of the run and sends nothing: what would become of each command, by when it would be heard, how full the battery would be, where the vehicle would go.",
    "The ladder below fills by light time: the hour by which an answer is due stands beside it.",
  ],
  hints: [["c", "find"], ["Enter", "form, then stage"], ["m", "mark, to release several"], ["Shift R", "release…"], ["Shift A", "approve…"], ["Shift X", "refuse…"], ["v", "preview"], ["j k", "down, up in the stack"]],
  keys: {
    j: () => pickStage(1),
    k: () => pickStage(-1),
    R: askRelease,
    A: askApproval,
    X: askRefusal,
    m: () => toggleMark(),
    v: askPreview,
    c: focusFind,
    Escape: () => { leaveConfirm(); state.form = null; },
  },
  open(given) {
    if (given?.vehicle) state.vehicle = given.vehicle;
    if (given?.command) openForm(given.vehicle, given.command, given.arguments);
    if (given?.find) focusFind();
  },
  view,
};

function focusFind() {
  drawNow();
  document.getElementById("find-command")?.focus();
}

function pickStage(by) {
  const all = staged().map((item) => item.stage);
  const at = all.indexOf(stackState.picked);
  stackState.picked = all[Math.max(0, Math.min(all.length - 1, at + by))];
}

// ------------------------------------------------------------------ finding

function everybodyHas(name) {
  const vehicles = Object.values(store.dictionary?.vehicles ?? {});
  return vehicles.length > 2 && vehicles.every((vehicle) => name in vehicle.commands);
}

function all() {
  const found = [];
  for (const vehicle of vehicleNames()) {
    if (state.vehicle && vehicle !== state.vehicle) continue;
    for (const command of Object.values(store.dictionary?.vehicles[vehicle]?.commands ?? {})) found.push({ vehicle, command });
  }
  return found;
}

function found() {
  const things = all();
  const folded = state.query.trim() === "" && !state.house;
  const wanted = folded ? things.filter(({ command }) => !everybodyHas(command.name)) : things;
  const list = best(state.query, wanted, ({ vehicle, command }) => [
    [command.name, 4], [command.name.replaceAll("_", " "), 4], [vehicle, 2], [Object.keys(command.arguments).join(" "), 2], [command.doc, 1], [command.hazard, 1],
  ], MOST_FOUND);
  return { list, folded: things.length - wanted.length };
}

function view() {
  const { list, folded } = found();
  state.at = Math.min(state.at, Math.max(0, list.length - 1));
  return [
    h("div", { class: "split command-top", key: "top" },
      panel("Find a command", finder(list, folded), { key: "find", cls: "tall" }),
      panel(state.form ? `${titleOf(state.form.vehicle)}: ${state.form.command}` : "Form", state.form ? form() : h("p", { class: "empty soft" }, "Enter on a command opens its form."), { key: "form", cls: "tall" })),
    panel("Staged", [stackTable(), stackState.releasing && stackActions(), fallenTable(again)], { key: "stack", cls: "stack", side: !stackState.releasing && [previewButton(), stackActions({ edit: editStage })] }),
    previewed() && panel("Preview", previewBody(), { key: "preview", cls: "preview", side: button("close", leavePreview, { cls: "quiet" }) }),
    panel("History", history(), { key: "history", cls: "tall", side: h("span", { class: "soft" }, "Enter or a click shows its ladder") }),
  ];
}

function history() {
  const list = commandsKnown().filter((each) => !state.vehicle || each.vehicle === state.vehicle).slice(0, 60);
  return commandTable(list, { picked: state.picked, pick: (each) => { state.picked = state.picked === each.identifier ? undefined : each.identifier; redraw(); }, more: again });
}

// ------------------------------------------------------------------ the list

function finder(list, folded) {
  return [
    h("div", { class: "filters", key: "filters" },
      h("input", {
        id: "find-command", "data-find": true, type: "text", autocomplete: "off", spellcheck: "false", value: state.query,
        placeholder: "name, argument, what it does", "aria-label": "Find a command", role: "combobox",
        "aria-expanded": "true", "aria-controls": "commands-found", "aria-activedescendant": list.length ? `found-${state.at}` : undefined,
        oninput: (event) => { state.query = event.target.value; state.at = 0; redraw(); },
        onkeydown: hear,
      }),
      h("select", { "aria-label": "Vehicle", value: state.vehicle, onchange: (event) => { state.vehicle = event.target.value; redraw(); } },
        [["", "all vehicles"], ...vehicleNames().map((name) => [name, titleOf(name)])].map(([name, words]) => h("option", { value: name, key: name }, words)))),
    h("ul", { class: "found", id: "commands-found", role: "listbox", "aria-label": "Commands" }, list.map((each, place) =>
      h("li", {
        key: `${each.vehicle} ${each.command.name}`, id: `found-${place}`, role: "option", "aria-selected": String(place === state.at),
        onclick: () => { state.at = place; openForm(each.vehicle, each.command.name); },
        draw: place === state.at ? (element) => element.scrollIntoView({ block: "nearest" }) : undefined,
      }, h("span", { class: "soft vehicle" }, titleOf(each.vehicle)), h("strong", null, each.command.name), each.command.hazard !== "none" && status("serious", "hazardous"), h("span", { class: "soft doc" }, each.command.doc.split(/\.\s|\n\n/)[0])))),
    folded > 0 && button(`and ${folded} that every vehicle has`, () => { state.house = true; redraw(); }, { cls: "quiet", key: "house" }),
  ];
}

// By what stands there now: the next key may come before the page is drawn again.
function hear(event) {
  const { list } = found();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    state.at = Math.max(0, Math.min(list.length - 1, state.at + (event.key === "ArrowDown" ? 1 : -1)));
    redraw();
  } else if (event.key === "Enter" && list[state.at]) {
    event.preventDefault();
    openForm(list[state.at].vehicle, list[state.at].command.name);
  }
}

// --------------------------------------------------------------------- form

function openForm(vehicle, command, given = {}, { stage = null, note = "", terms = blankTerms() } = {}) {
  const entry = store.dictionary?.vehicles[vehicle]?.commands[command];
  if (!entry) return;
  const texts = {};
  for (const [name, argument] of Object.entries(entry.arguments)) {
    texts[name] = name in given ? asTyped(given[name]) : argument.required ? "" : asTyped(argument.default);
  }
  state.form = { vehicle, command, texts, note, terms, stage, touched: new Set(), opened: performance.now() };
  state.query = "";
  document.activeElement?.blur?.();
  drawNow();
  document.querySelector(".form input, .form select, .form textarea, .form button")?.focus();
}

// A command that was sent, or a stage that came to nothing: with its note, and when and how it was to leave.
function again(command) {
  if (command.identifier) state.picked = command.identifier;
  const item = command.identifier ? [...store.left.values()].find((each) => each.identifiers?.includes(command.identifier)) : command;
  openForm(command.vehicle, command.command, command.arguments, { note: (item ?? command).note ?? "", terms: termsOf(item) });
}

function editStage(item) {
  openForm(item.vehicle, item.command, item.arguments, { stage: item.stage, note: item.note ?? "", terms: termsOf(item, true) });
}

function checked() {
  const { vehicle, command, texts } = state.form;
  const entry = store.dictionary.vehicles[vehicle].commands[command];
  const values = {};
  const problems = {};
  for (const [name, argument] of Object.entries(entry.arguments)) {
    const found = read(argument, texts[name] ?? "");
    if (found.problem) problems[name] = found.problem;
    else if ("value" in found) values[name] = found.value;
  }
  return { entry, values, problems };
}

function form() {
  const { vehicle, touched } = state.form;
  const { entry, problems } = checked();
  const wrong = Object.keys(problems);
  const mode = valueOf(vehicle, "mode");
  const inMode = entry.allowed_in.length === 0 || (mode && entry.allowed_in.some((state_) => mode[2] === state_ || mode[2]?.startsWith(`${state_}.`)));
  return h("form", { class: "form", key: `${vehicle} ${entry.name} ${state.form.opened}`, "aria-label": `Form of ${entry.name}`, onsubmit: (event) => { event.preventDefault(); stage(); } },
    h("p", { class: "doc" }, prose(entry.doc.replaceAll("\n", " "))),
    h("p", { class: "facts" },
      entry.hazard !== "none" ? status("serious", `hazardous: ${entry.hazard}; ARM and FIRE, approved by another`) : status("normal", "not hazardous"),
      h("span", { class: inMode ? "soft" : "problem" }, entry.allowed_in.length ? `only in ${entry.allowed_in.join(", ")}` : "in every mode", mode && `; last known ${mode[2]}, ${spanNs((store.clock?.time_ns ?? 0) - mode[3])} old`),
      h("span", { class: "soft" }, `done within ${spanNs(entry.deadline * 1e9)}`)),
    Object.entries(entry.arguments).map(([name, argument], place) => field(name, argument, place, problems[name], touched.has(name))),
    h("label", { for: "note" }, "note", h("span", { class: "soft" }, entry.hazard !== "none" ? " why, for who approves" : "")),
    h("input", { id: "note", type: "text", maxlength: 500, autocomplete: "off", value: state.form.note, oninput: (event) => { state.form.note = event.target.value; } }),
    termsFields(state.form.terms, entry),
    h("div", { class: "actions" }, held(vehicle),
      h("button", { type: "submit", class: "main", disabled: !commanding() || !may("operator") || undefined, title: may("operator") ? "" : "operators stage commands" }, state.form.stage ? `Change ${state.form.stage}` : "Stage"),
      wrong.length > 0 && touched.size > 0 && h("span", { class: "problem" }, `${wrong[0]} ${problems[wrong[0]]}`)));
}

function held(vehicle) {
  const { holder, offered_to: offered } = store.authority[vehicle] ?? {};
  if (holder === user().name) return status("normal", "you hold it");
  if (offered === user().name) return button("Accept", () => order("authority_accept", { vehicle }, `You hold ${vehicle}.`));
  if (holder) return status("caution", `${holder} holds it`);
  return may("operator") && button(`Take ${titleOf(vehicle)}`, () => order("authority_take", { vehicle }, `You hold ${vehicle}.`), { disabled: !commanding() });
}

function field(name, argument, place, problem, touched) {
  const id = `argument-${name}`;
  const shown = problem && touched;
  const change = (event) => { state.form.texts[name] = event.target.value; state.form.touched.add(name); redraw(); };
  const known = namesFor(argument.type);
  const common = { id, "aria-describedby": `${id}-doc`, "aria-invalid": shown ? "true" : "false", list: known.length && argument.type.kind === "text" ? `${id}-known` : undefined, value: state.form.texts[name] ?? "", oninput: change };
  return h("div", { class: "argument", key: name },
    h("label", { for: id }, name, unitOf(argument.unit) && h("span", { class: "unit" }, ` ${argument.unit}`), !argument.required && h("span", { class: "soft" }, " may be left out")),
    control(argument, common),
    common.list && h("datalist", { id: common.list, key: "known" }, known.map((each) => h("option", { value: each, key: each }))),
    h("p", { id: `${id}-doc`, class: shown ? "problem" : "soft" }, shown ? problem : `${sentence(argument.type)}${argument.required || argument.default === null ? "" : `; default ${asTyped(argument.default)}`}${known.length ? `; known: ${known.slice(0, 8).join(", ")}${known.length > 8 ? ", …" : ""}` : ""}`));
}

// The names that there are for what an argument names.
function namesFor(type) {
  const kind = type.names || type.items?.[0]?.names;
  if (kind === "tube") return [...store.custody.keys()];
  if (kind === "vehicle") return vehicleNames();
  return kind ? store.dictionary.vehicles[state.form.vehicle].names?.[kind] ?? [] : [];
}

function control(argument, common) {
  const kind = argument.type.kind;
  const options = kind === "boolean" ? ["yes", "no"] : kind === "choice" ? argument.type.choices.map(String) : null;
  if (options) return h("select", common, [h("option", { value: "", key: "" }, argument.required ? "choose" : "left out"), ...options.map((each) => h("option", { value: each, key: each }, each))]);
  if (["table", "structure", "any", "either"].includes(kind)) return h("textarea", { ...common, rows: 3, spellcheck: "false", class: "mono" });
  return h("input", { ...common, type: "text", inputmode: ["number", "integer"].includes(kind) ? "decimal" : undefined, autocomplete: "off", spellcheck: "false" });
}

async function stage() {
  const { vehicle, command, note, stage: known } = state.form;
  const { entry, values, problems } = checked();
  const wrong = Object.keys(problems);
  if (wrong.length) {
    for (const name of Object.keys(entry.arguments)) state.form.touched.add(name);
    document.getElementById(`argument-${wrong[0]}`)?.focus();
    return say(`${wrong[0]} ${problems[wrong[0]]}.`, true);
  }
  const terms = readTerms(state.form.terms, entry);
  if (terms.problem) {
    Object.assign(state.form.terms, { open: true });
    drawNow();
    document.getElementById(terms.at)?.focus();
    return say(`${terms.problem}.`, true);
  }
  const result = known
    ? await order("edit", { stage: known, arguments: values, note, ...terms.edited }, `${known} is changed; an approval of it is void.`)
    : await order("stage", { vehicle, command, arguments: values, note, ...terms.given }, (made) => `Staged as ${made.stage}. ${made.hazardous ? "It needs another person's approval." : "Shift R releases."}`);
  if (!result) return undefined;
  state.form = null;
  stackState.picked = result.stage ?? known;
  document.activeElement?.blur?.();
  redraw();
  return result;
}


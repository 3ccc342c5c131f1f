// The form of one fault, made from what the run says can break: target, kind, figures, when, how long.
import { link, order, redraw, say } from "./app.js";
import { asTyped, read, sentence } from "./arguments.js";
import { drawNow } from "./app.js";
import { h } from "./dom.js";
import { best } from "./fuzzy.js";
import { button, commanding, prose } from "./parts.js";
import { store } from "./store.js";

const MOST_FOUND = 60;
const NONE = { arguments: {}, doc: "" };
export const form = {
  all: null, query: "", at: 0, target: null, kinds: [], kindQuery: "", kindAt: 0, kind: null,
  texts: {}, units: {}, touched: new Set(), problem: "", made: 0,
};

export async function askTargets() {
  if (form.all || !store.link.socket) return;
  try {
    form.all = await link.ask("fault_targets");
    form.problem = "";
  } catch (error) {
    form.problem = error.message;
  }
  redraw();
}

const targetKey = (target) => `${target.sort} ${target.name}`;
const targetsFound = () => best(form.query, form.all?.targets ?? [], (each) => [[each.name, 3], [each.name.replaceAll(/[._]/g, " "), 3], [each.sort, 1]], MOST_FOUND);
const kindsFound = () => best(form.kindQuery, form.kinds, (each) => [[each.name, 4], [each.name.replaceAll("_", " "), 4], [each.doc, 1]], MOST_FOUND)
  .sort((a, b) => (a.why_not ? 1 : 0) - (b.why_not ? 1 : 0));

async function pickTarget(target) {
  Object.assign(form, { target, kinds: [], kind: null, kindQuery: "", kindAt: 0 });
  try {
    form.kinds = (await link.ask("fault_kinds", { sort: target.sort, target: target.name })).kinds;
  } catch (error) {
    say(error.message, true);
  }
  drawNow();
  if (document.activeElement?.id === "find-target" || document.activeElement === document.body) document.getElementById("find-kind")?.focus();
}

function pickKind(kind) {
  if (kind.why_not) return say(`${kind.name} cannot be there: ${kind.why_not}.`, true);
  Object.assign(form, { kind, texts: {}, units: {}, touched: new Set(), made: form.made + 1 });
  for (const [name, entry] of Object.entries(kind.arguments)) form.texts[`kind ${name}`] = entry.required ? "" : asTyped(entry.default);
  form.texts["own id"] = freeId(kind.name);
  drawNow();
  return document.querySelector(".fault-form [data-first]")?.focus();
}

// A name that no fault of this run has.
function freeId(base) {
  const taken = new Set(store.faultsNow.faults.map((each) => each.id));
  const name = base.slice(0, 36);
  for (let number = 1; ; number++) {
    const id = number === 1 ? name : `${name}_${number}`;
    if (!taken.has(id)) return id;
  }
}

// ------------------------------------------------------------------ finding

export function finder() {
  if (form.problem) return h("p", { class: "empty problem" }, form.problem);
  const targets = targetsFound();
  const kinds = kindsFound();
  return h("div", { class: `split finders ${form.kind ? "" : "alone"}`, key: "finders" },
    list("target", "1. What breaks", targets, form.query, form.at, {
      key: targetKey, chosen: form.target && targetKey(form.target), take: pickTarget,
      write: (text) => { form.query = text; form.at = 0; }, move: (at) => { form.at = at; },
      words: (each) => [h("span", { class: "soft vehicle" }, each.sort), h("strong", null, each.name)], empty: form.all ? "nothing is called so" : "asking",
    }),
    list("kind", form.target ? `2. How ${form.target.name} breaks` : "2. How it breaks", kinds, form.kindQuery, form.kindAt, {
      key: (each) => each.name, chosen: form.kind?.name, take: pickKind,
      write: (text) => { form.kindQuery = text; form.kindAt = 0; }, move: (at) => { form.kindAt = at; },
      words: (each) => [h("strong", { class: each.why_not ? "soft" : "" }, each.name.replaceAll("_", " ")), h("span", { class: "soft doc" }, each.why_not ? `not here: ${each.why_not}` : prose(each.doc))], empty: form.target ? "no such kind" : "pick what breaks first",
    }));
}

function list(name, label, rows, query, at, { key, chosen, take, write, move, words, empty }) {
  const place = Math.min(at, Math.max(0, rows.length - 1));
  const hear = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(Math.max(0, Math.min(rows.length - 1, place + (event.key === "ArrowDown" ? 1 : -1))));
      drawNow();
    } else if (event.key === "Enter" && rows[place]) {
      event.preventDefault();
      take(rows[place]);
    }
  };
  return h("div", { class: "column finding", key: name },
    h("label", { for: `find-${name}` }, label),
    h("input", {
      id: `find-${name}`, "data-find": name === "target", type: "text", autocomplete: "off", spellcheck: "false", value: query, placeholder: "a few letters; arrows, Enter",
      role: "combobox", "aria-expanded": "true", "aria-controls": `${name}s-found`, "aria-activedescendant": rows.length ? `${name}-${place}` : undefined,
      oninput: (event) => { write(event.target.value); redraw(); }, onkeydown: hear,
    }),
    h("ul", { class: "found listed", id: `${name}s-found`, role: "listbox", "aria-label": label }, rows.map((each, index) =>
      h("li", {
        key: key(each), id: `${name}-${index}`, role: "option", "aria-selected": String(index === place), class: chosen === key(each) ? "chosen" : "",
        onclick: () => { move(index); take(each); },
        draw: index === place && document.activeElement?.id === `find-${name}` ? (element) => element.scrollIntoView({ block: "nearest" }) : undefined,
      }, words(each)))),
    rows.length === 0 && h("p", { class: "soft" }, empty));
}

// --------------------------------------------------------------------- form

const TRIGGER = "when";
const trigger = () => form.all?.triggers[form.texts[TRIGGER]] ?? NONE;

// The fault as it stands in the form: {fault} or {problems}.
export function written() {
  const { kind, target, texts } = form;
  const fault = { id: (texts["own id"] ?? "").trim(), [target.sort]: target.name };
  const problems = {};
  if (texts["own method"]) fault.method = texts["own method"];
  fault.kind = kind.name;
  const fields = (texts["own fields"] ?? "").split(/[,\s]+/).filter(Boolean);
  if (fields.length) fault.fields = fields;
  take(kind.arguments, "kind", fault, problems);
  if (texts[TRIGGER]) {
    fault.when = {};
    take(trigger().arguments, "when", fault.when, problems);
  }
  if (texts["lasts until"]) fault.lasts = { until: texts["lasts until"].trim() };
  else take({ lasts: form.all.lasts }, "own", fault, problems);
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(fault.id)) problems["own id"] = "up to 40 small letters, digits and _";
  return { fault, problems };
}

function take(entries, part, into, problems) {
  for (const [name, entry] of Object.entries(entries)) {
    const place = `${part} ${name}`;
    if (!entry.required && (form.texts[place] ?? "") === asTyped(entry.default)) continue; // as it is anyway
    const found = readAmount(entry, form.texts[place] ?? "", form.units[place] ?? entry.unit);
    if (found.problem) problems[place] = found.problem;
    else if ("value" in found) into[name] = found.value;
  }
}

// A number in a unit that one has picked: checked in the entry's own, given as "2 h".
function readAmount(entry, text, unit) {
  const factor = entry.units[unit] ?? 1;
  if (entry.unit === "1" && factor === 1) return read(entry, text);
  const typed = read({ ...entry, type: { kind: "number", optional: entry.type.optional } }, text);
  if (typed.problem || !("value" in typed) || typed.value === null) return typed;
  const checked = read(entry, String(typed.value * factor));
  return checked.problem ? { problem: `${text} ${unit}: allowed is ${sentence(entry.type)} ${entry.unit === "1" ? "" : entry.unit}`.trim() } : { value: `${typed.value} ${unit}` };
}

export function faultForm() {
  const { kind, target, texts } = form;
  if (!kind) return h("p", { class: "empty soft" }, "Pick what breaks and how: its figures stand here, each with its unit and range.");
  const { fault, problems } = written();
  const methods = Object.keys(kind.methods);
  const known = texts["own method"] ? kind.methods[texts["own method"]] ?? [] : [...new Set(Object.values(kind.methods).flat())];
  const events = [...Object.values(store.dictionary?.vehicles ?? {})].flatMap((vehicle) => Object.keys(vehicle.events).map((name) => `${vehicle.name}.${name}`));
  return h("form", { class: "form fault-form", key: `${target.name} ${kind.name} ${form.made}`, "aria-label": `Form of ${kind.name}`, onsubmit: (event) => { event.preventDefault(); inject(); } },
    h("p", { class: "doc" }, h("strong", null, `${kind.name.replaceAll("_", " ")} of ${target.name}`), " ", prose(kind.doc)),
    Object.entries(kind.arguments).map(([name, entry]) => field(`kind ${name}`, name, entry, problems)),
    methods.length > 0 && choice("own method", target.sort === "device" ? "method or signal" : "limited to", ["", ...methods], (name) => name || (target.sort === "device" ? "all that it is usually at" : "all")),
    known.length > 0 && plain("own fields", "fields", problems, { note: `left out: those that it usually changes; there are ${known.slice(0, 10).join(", ")}${known.length > 10 ? ", …" : ""}`, known }),
    choice(TRIGGER, "begins", ["", ...Object.keys(form.all.triggers)].filter((key) => !["nth"].includes(key) || kind.counted), (key) => WHEN[key] ?? key),
    texts[TRIGGER] && h("p", { class: "soft" }, prose(trigger().doc)),
    Object.entries(trigger().arguments).map(([name, entry]) => field(`when ${name}`, name, entry, problems, name === "after" ? events : [])),
    field("own lasts", "lasts", form.all.lasts, problems, [], "left out: until it is healed, or the run ends"),
    plain("lasts until", "or until an event", problems, { known: events, note: "such as rover.arrived" }),
    plain("own id", "id", problems, { note: "by which it is healed, and found in records" }),
    h("details", { class: "soft", key: "as" }, h("summary", null, "as a drill file says it"), h("pre", { class: "mono" }, JSON.stringify(fault, null, 1))),
    h("div", { class: "actions" },
      h("button", { type: "submit", class: "grave", disabled: !commanding() || undefined, "data-first": first(kind) ? undefined : true }, "Inject"),
      button("another kind", () => { form.kind = null; drawNow(); document.getElementById("find-kind")?.focus(); }, { cls: "quiet" }),
      Object.keys(problems).filter((each) => form.touched.has(each)).slice(0, 1).map((each) => h("span", { class: "problem" }, `${each.split(" ")[1]}: ${problems[each]}`))));
}

const WHEN = { "": "at once", at: "at a mission time", after: "after an event", in: "in a state", nth: "at the n-th call or message", probability: "by probability", tubes: "as soon as tubes are there" };
const first = (kind) => Object.keys(kind.arguments)[0];

function change(place) {
  return (event) => { form.texts[place] = event.target.value; form.touched.add(place); redraw(); };
}

function field(place, name, entry, problems, known = [], note = "") {
  const id = `fault-${place.replaceAll(/[^a-z0-9_]/g, "-")}`;
  const bad = form.touched.has(place) && problems[place];
  const common = { id, value: form.texts[place] ?? "", oninput: change(place), "aria-describedby": `${id}-doc`, "aria-invalid": bad ? "true" : "false", "data-first": place === `kind ${first(form.kind)}` || undefined };
  const kind = entry.type.kind;
  const options = kind === "boolean" ? ["yes", "no"] : kind === "choice" ? entry.type.choices.map(String) : null;
  const units = Object.keys(entry.units);
  const range = sentence(bounded(entry.type));
  return h("div", { class: "argument", key: place },
    h("label", { for: id }, name, !entry.required && h("span", { class: "soft" }, " may be left out")),
    h("div", { class: "amount" },
      options ? h("select", common, ["", ...options].map((each) => h("option", { value: each, key: each }, each || (entry.required ? "choose" : "left out"))))
        : h("input", { ...common, type: "text", autocomplete: "off", spellcheck: "false", list: known.length ? `${id}-known` : undefined }),
      units.length > 1 && h("select", { "aria-label": `unit of ${name}`, class: "short", value: form.units[place] ?? entry.unit, onchange: (event) => { form.units[place] = event.target.value; redraw(); } }, units.map((unit) => h("option", { value: unit, key: unit }, unit === "1" ? "as a number" : unit)))),
    known.length > 0 && h("datalist", { id: `${id}-known` }, known.map((each) => h("option", { value: each, key: each }))),
    h("p", { id: `${id}-doc`, class: bad ? "problem" : "soft" }, bad || [range, entry.unit !== "1" && ` ${entry.unit}`, !entry.required && entry.default !== null && `; default ${asTyped(entry.default)}`, note && `; ${note}`]));
}

// A bound that is beyond all use is none to whoever reads it.
const BEYOND = 1e10;
const bounded = ({ ge, le, ...type }) => ({ ...type, ...(ge > -BEYOND && { ge }), ...(le < BEYOND && { le }) });

function plain(place, name, problems, { note = "", known = [] } = {}) {
  const id = `fault-${place.replaceAll(" ", "-")}`;
  const bad = form.touched.has(place) && problems[place];
  return h("div", { class: "argument", key: place },
    h("label", { for: id }, name),
    h("input", { id, type: "text", autocomplete: "off", spellcheck: "false", value: form.texts[place] ?? "", list: known.length ? `${id}-known` : undefined, "aria-describedby": `${id}-doc`, oninput: change(place) }),
    known.length > 0 && h("datalist", { id: `${id}-known` }, known.map((each) => h("option", { value: each, key: each }))),
    h("p", { id: `${id}-doc`, class: bad ? "problem" : "soft" }, bad || note));
}

function choice(place, name, options, words) {
  const id = `fault-${place.replaceAll(" ", "-")}`;
  return h("div", { class: "argument", key: place },
    h("label", { for: id }, name),
    h("select", { id, value: form.texts[place] ?? "", onchange: change(place) }, options.map((each) => h("option", { value: each, key: each }, words(each)))));
}

async function inject() {
  const { fault, problems } = written();
  const [wrong] = Object.keys(problems);
  if (wrong) {
    for (const each of Object.keys(problems)) form.touched.add(each);
    return say(`${wrong.split(" ")[1]} ${problems[wrong]}.`, true);
  }
  const done = await order("fault_inject", { fault }, (told) => `Armed: ${told.says}.`);
  if (!done) return undefined;
  // The focus moves on only if it has not gone elsewhere meanwhile.
  const here = document.activeElement;
  const stays = !here || here === document.body || here.closest(".fault-form");
  form.kind = null;
  drawNow();
  if (stays) document.getElementById("find-kind")?.focus();
  return done;
}


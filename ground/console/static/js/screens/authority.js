// Who holds which vehicle, and everything that people asked to change, with its answer.
import { askBack, order, redraw } from "../app.js";
import { h } from "../dom.js";
import { button, commanding, panel, table, words } from "../parts.js";
import { select } from "./events.js";
import { status } from "../status.js";
import { may, store, titleOf, user, vehicleNames } from "../store.js";
import { lmst, utc } from "../time.js";
import { holding } from "./vehicle.js";

const ROLES = ["observer", "operator", "director", "engineer", "admin", "trainer", "conductor"];
const state = { who: "", asked: false, person: "", roles: new Set() };

export default {
  id: "authority", title: "Authority", key: "y", group: "always",
  ofNow: "who holds what, and what was asked for",
  help: [
    "A vehicle is held by one person, who alone stages and releases for it. It goes to another by offer and acceptance, or when it is let go.",
    "An admin gives a person roles for the rest of the run; they are in place of those that the person had.",
    "The audit is the journal of what people asked to change: who, what, when, and whether it was done or refused, with the sentence.",
  ],
  open: askAudits,
  view,
};

async function askAudits() {
  store.audits = await askBack("audit", store.audits);
  redraw();
}

function view() {
  const people = [...new Set(store.audits.map((each) => each.who))].sort();
  const shown = store.audits.filter((each) => state.who === "" || each.who === state.who);
  return h("div", { class: "split even-right", key: "body" },
    h("div", { class: "column", key: "left" }, panel("Who holds what", table("Authority", [
      { head: "vehicle", cls: "nowrap", cell: (name) => h("strong", null, titleOf(name)) },
      { head: "holder", cls: "nowrap", cell: holder },
      { head: "", cls: "grow", cell: (name) => holding(name) },
    ], vehicleNames(), { key: (name) => name }), { cls: "tall" }),
    may("admin") && panel("Roles", roles(people), { cls: "small" })),
    panel("Audit", table("Audit", [
      { head: "when", cls: "nowrap", cell: (each) => h("span", { title: utc(each.t) }, lmst(each.t, true)) },
      { head: "who", cls: "nowrap", cell: (each) => h("strong", null, each.who) },
      { head: "asked", cls: "nowrap", cell: (each) => String(each.data.request?.do ?? each.what).replaceAll("_", " ") },
      { head: "what", cls: "grow", cell: (each) => [h("span", { class: "mono" }, wordsOf(each.data.request)), each.data.request?.note && h("span", { class: "note soft" }, each.data.request.note), each.data.refused && h("span", { class: "note problem" }, each.data.refused)] },
      { head: "answer", cls: "nowrap", cell: (each) => (each.data.ok ? status("normal", "done") : status("serious", "refused")) },
    ], shown, { key: (each) => each.n, empty: "nobody has changed anything yet" }), { cls: "tall", side: select("Person", state.who, [["", "everybody"], ...people.map((each) => [each, each])], (value) => { state.who = value; }) }));
}

function holder(name) {
  const { holder: who, offered_to: to } = store.authority[name] ?? {};
  return [who || h("span", { class: "soft" }, "nobody"), to && h("span", { class: "soft", key: "offered" }, ` offers it to ${to === user().name ? "you" : to}`)];
}

function roles(people) {
  const { person, roles: chosen } = state;
  const toggle = (role) => (event) => { if (event.target.checked) chosen.add(role); else chosen.delete(role); redraw(); };
  return h("form", { class: "form", "aria-label": "Roles of a person", onsubmit: (event) => { event.preventDefault(); if (person) give(); } },
    h("label", { for: "roles-of" }, "Person"),
    h("input", { id: "roles-of", type: "text", autocomplete: "off", list: "roles-known", value: person, oninput: (event) => { state.person = event.target.value.trim(); redraw(); } }),
    h("datalist", { id: "roles-known", key: "known" }, people.map((each) => h("option", { value: each, key: each }))),
    h("div", { class: "filters", role: "group", "aria-label": "Roles" }, ROLES.map((role) => h("label", { class: "check", key: role }, h("input", { type: "checkbox", checked: chosen.has(role), onchange: toggle(role) }), role))),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "main", disabled: !person || !commanding() || undefined }, chosen.size ? "Give these roles" : "Take all roles")));
}

async function give() {
  const asked = { user: state.person, roles: ROLES.filter((role) => state.roles.has(role)) };
  if (await order("roles_set", asked, (told) => `${told.user}: ${told.roles.join(", ") || "no role"}.`)) Object.assign(state, { person: "", roles: new Set() });
  redraw();
}

// A command as one writes it; of other requests each word with its name, and instants as people read them.
function wordsOf(request) {
  const { do: _, note, vehicle, command, arguments: given, ...rest } = request ?? {};
  const readable = Object.entries(rest).map(([name, value]) => (typeof value === "number" && INSTANT.test(name) ? [name.replace(/_ns$/, ""), lmst(value)] : [name, value]));
  return [vehicle, command, words(given), words(Object.fromEntries(readable))].filter(Boolean).join(" ");
}

const INSTANT = /(^|_)(ns|not_after)$/;

// When and how a command is to leave: folded in its form, since most leave as soon as they can.
import { redraw } from "./app.js";
import { h } from "./dom.js";
import { nowNs } from "./store.js";
import { lmst, nsOfText } from "./time.js";

const LIFETIME = 600; // s that an arming lasts, where nobody says how long
const [SHORTEST, LONGEST] = [1, 86_400];

export const blankTerms = () => ({ open: false, when: "", notAfter: "", lifetime: String(LIFETIME), unit: true });

// Those of an item of the stack; an hour that is over is left out, unless the item itself is edited.
export function termsOf(item, edited = false) {
  const found = blankTerms();
  if (!item) return found;
  const late = item.not_after && (edited || item.not_after > nowNs());
  Object.assign(found, { when: item.when ?? "", notAfter: late ? lmst(item.not_after, true) : "", lifetime: String(item.lifetime ?? LIFETIME), unit: item.unit ?? true, known: late ? item.not_after : undefined });
  found.open = found.when !== "" || found.notAfter !== "" || Number(found.lifetime) !== LIFETIME || !found.unit;
  return found;
}

export function termsFields(terms, entry) {
  const change = (name) => (event) => { terms[name] = event.target.type === "checkbox" ? event.target.checked : event.target.value; redraw(); };
  const text = (name, label, doc, more) => h("div", { class: "argument", key: name },
    h("label", { for: `terms-${name}` }, label),
    h("input", { id: `terms-${name}`, type: "text", autocomplete: "off", spellcheck: "false", value: terms[name], oninput: change(name), "aria-describedby": `terms-${name}-doc`, ...more }),
    h("p", { id: `terms-${name}-doc`, class: "soft" }, doc));
  return h("details", { class: "terms", key: "terms", open: terms.open, ontoggle: (event) => { terms.open = event.target.open; } },
    h("summary", null, "When and how"),
    text("when", "waits for", "a condition of telemetry; once released it leaves when this holds, as rover.mode == 'surface.idle' and rover.state_of_charge > 0.4", { maxlength: 500 }),
    text("notAfter", "not after", "sol and local mean time, as 12 14:30; what has not left by then does not leave", { class: "short" }),
    entry.hazard !== "none" && text("lifetime", "armed for s", `${SHORTEST} to ${LONGEST}, counted on board from ARM on`, { class: "short", inputmode: "decimal" }),
    entry.hazard !== "none" && h("label", { class: "check", key: "unit" }, h("input", { type: "checkbox", checked: terms.unit, onchange: change("unit") }), "ARM and FIRE go as one unit; else FIRE waits for ARM's answer"));
}

// {given: what is not as usual, edited: every one, and what is taken away} or {problem, at}.
export function readTerms(terms, entry) {
  const when = terms.when.trim();
  const typed = terms.notAfter.trim();
  const same = terms.known !== undefined && typed === lmst(terms.known, true);
  const notAfter = typed === "" ? null : same ? terms.known : nsOfText(typed);
  if (typed !== "" && notAfter === null) return { problem: `not after ${typed}: allowed is a sol and an hour, as 12 14:30`, at: "terms-notAfter" };
  if (notAfter !== null && notAfter <= nowNs()) return { problem: `not after ${typed}: it is ${lmst(nowNs(), true)} already`, at: "terms-notAfter" };
  const all = { when: when || null, not_after: notAfter };
  if (entry.hazard !== "none") {
    const lifetime = Number(terms.lifetime.replace(",", "."));
    if (!(lifetime >= SHORTEST && lifetime <= LONGEST)) return { problem: `armed for ${terms.lifetime}: allowed is ${SHORTEST} to ${LONGEST} s`, at: "terms-lifetime" };
    Object.assign(all, { lifetime, unit: terms.unit });
  }
  const usual = { when: null, not_after: null, lifetime: LIFETIME, unit: true };
  const given = Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== usual[name]));
  const without = Object.keys(all).filter((name) => all[name] === null);
  const edited = { ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)), ...(without.length && { without }) };
  return { edited, given };
}

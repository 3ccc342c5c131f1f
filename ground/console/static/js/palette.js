// Ctrl-K: every screen, vehicle, command and channel by a few letters.
import { drawNow, go, order, redraw } from "./app.js";
import { h } from "./dom.js";
import { best } from "./fuzzy.js";
import { SCREENS } from "./screens.js";
import { isOver } from "./status.js";
import { may, nowNs, store, titleOf, user, vehicleNames } from "./store.js";
import { lmst, nsOfText, spanNs } from "./time.js";
import { setPace } from "./pace.js";

const MOST = 12;
const state = { open: false, query: "", at: 0, before: null };

export const paletteOpen = () => state.open;

export function openPalette() {
  Object.assign(state, { open: true, query: "", at: 0, before: document.activeElement });
  drawNow();
}

export function closePalette() {
  state.open = false;
  state.before?.focus?.();
  redraw();
}

function things() {
  const found = [];
  for (const screen of SCREENS.values()) {
    if (!screen.role || may(screen.role)) found.push({ kind: "screen", name: screen.title, doc: screen.key ? `g ${screen.key}` : "", act: () => go(screen.id, { find: true }) });
  }
  if (may("operator")) found.push(...authority());
  for (const vehicle of vehicleNames()) {
    found.push({ kind: "vehicle", name: titleOf(vehicle), doc: vehicle, act: () => go("vehicle", { vehicle }) });
    const entry = store.dictionary?.vehicles[vehicle];
    for (const command of Object.values(entry?.commands ?? {})) {
      found.push({ kind: "command", name: `${vehicle} ${command.name}`, doc: command.doc, act: () => go("command", { vehicle, command: command.name }) });
    }
    for (const channel of Object.values(entry?.channels ?? {})) {
      found.push({ kind: "channel", name: `${vehicle} ${channel.name}`, doc: channel.doc, act: () => go("telemetry", { vehicle, channel: channel.name }) });
    }
  }
  return found;
}

function authority() {
  return vehicleNames().flatMap((vehicle) => {
    const { holder, offered_to: offered } = store.authority[vehicle] ?? {};
    const act = (what, done) => ({ kind: "authority", name: `${what} ${vehicle}`, doc: titleOf(vehicle), act: () => order(`authority_${what}`, { vehicle }, done) });
    if (offered === user().name) return [act("accept", `You hold ${vehicle}.`)];
    return holder === user().name ? [act("release", `Nobody holds ${vehicle}.`)] : [act("take", `You hold ${vehicle}.`)];
  });
}

// "run to 12 14:30": as fast as it goes, and then it stands.
function runTo() {
  const ns = /^run to /i.test(state.query) ? nsOfText(state.query.slice(7)) : null;
  if (ns === null || ns <= nowNs()) return [];
  return [{ kind: "time", name: `run to ${lmst(ns, true)}`, doc: `${spanNs(ns - nowNs())} on, as fast as it goes; then it stands`, act: () => setPace(null, { until: ns / 1e9 }) }];
}

// "run until rover arrived", "run until mc-0-00012": it stands when that is heard.
function runUntil() {
  const wanted = /^run until\s+(.*)$/i.exec(state.query)?.[1];
  if (wanted === undefined) return [];
  const stand = (told, name, doc) => ({ kind: "time", name: `run until ${name}`, doc, act: () => setPace(null, { told }) });
  const verdicts = [...store.commands.values()].filter((each) => !isOver(each.status))
    .map((each) => stand({ verdict: each.identifier }, `${each.identifier} has its verdict`, `${each.vehicle} ${each.command}`));
  const events = vehicleNames().flatMap((vehicle) => Object.values(store.dictionary?.vehicles[vehicle]?.events ?? {})
    .map((event) => stand({ vehicle, event: event.name }, `${vehicle} ${event.name}`, event.text)));
  return best(wanted, [...verdicts, ...events], (thing) => [[thing.name.slice(10), 3], [thing.doc, 1]], MOST);
}

const found = () => (/^run until/i.test(state.query) ? runUntil() : runTo().concat(known())).slice(0, MOST);
const known = () => best(state.query, things(), (thing) => [[thing.name, 3], [thing.kind, 1], [thing.doc, 1]], MOST);

export function palette() {
  if (!state.open) return null;
  const list = found();
  state.at = Math.min(state.at, Math.max(0, list.length - 1));
  return h("div", { class: "palette", key: "palette", role: "dialog", "aria-label": "Palette" },
    h("input", {
      focus: true, type: "text", value: state.query, placeholder: "a screen, a vehicle, a command, a channel; run to 12 14:30; run until rover arrived",
      "aria-label": "Find anything", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list",
      "aria-activedescendant": list.length ? `palette-${state.at}` : undefined,
      oninput: (event) => { state.query = event.target.value; state.at = 0; redraw(); },
      onkeydown: hear, onblur: () => { state.open = false; redraw(); },
    }),
    h("ul", { id: "palette-list", role: "listbox", "aria-label": "Found" }, list.map((thing, place) =>
      h("li", {
        id: `palette-${place}`, role: "option", "aria-selected": String(place === state.at), key: `${thing.kind} ${thing.name}`,
        onmousedown: (event) => { event.preventDefault(); take(thing); },
      }, h("span", { class: "soft kind" }, thing.kind), h("strong", null, thing.name), h("span", { class: "soft doc" }, thing.doc)))));
}

// By what stands there now: the next key may come before the page is drawn again.
function hear(event) {
  const list = found();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    state.at = Math.max(0, Math.min(list.length - 1, state.at + (event.key === "ArrowDown" ? 1 : -1)));
    redraw();
  } else if (event.key === "Enter" && list[state.at]) {
    event.preventDefault();
    take(list[state.at]);
  }
}

function take(thing) {
  state.open = false;
  document.activeElement?.blur?.();
  thing.act();
}

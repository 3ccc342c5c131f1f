// Pieces that screens are made of.
import { redraw } from "./app.js";
import { h, MOST_ROWS } from "./dom.js";
import { channelOf, replayed, store } from "./store.js";

export function panel(title, body, { side, cls = "", key } = {}) {
  return h("div", { class: `panel ${cls}`, key: key ?? title },
    h("header", null, h("h2", null, title), side && h("div", { class: "side" }, side)),
    h("div", { class: "body", tabindex: "0", role: "region", "aria-label": title }, body));
}

// A table of at most MOST_ROWS rows. A column: {head, cell(row), cls, wide}. Where a row can be picked,
// Tab comes to the row that is picked, or to the first; arrows move from row to row, Enter picks.
export function table(label, columns, rows, { key, picked, pick, empty = "nothing yet", mark } = {}) {
  if (rows.length === 0) return h("p", { class: "empty soft", key: `${label} empty` }, empty);
  const shown = rows.slice(0, MOST_ROWS);
  const names = shown.map(key);
  const stop = pick && (names.includes(picked) ? picked : names[0]);
  return [
    h("table", { class: pick ? "pickable" : "", key: label },
      h("caption", { class: "unseen" }, label),
      columns.some((each) => each.head) && h("thead", { key: "head" }, h("tr", null, columns.map((each) => (each.head ? h("th", { scope: "col", class: each.cls }, each.head) : h("td", null))))),
      h("tbody", null, shown.map((row, place) => {
        const name = names[place];
        const chosen = picked !== undefined && picked === name;
        return h("tr", {
          key: name, class: `${chosen ? "picked" : ""} ${mark?.(row) ?? ""}`,
          "aria-current": chosen ? "true" : undefined, onclick: pick ? () => pick(row) : undefined,
          tabindex: pick ? (name === stop ? "0" : "-1") : undefined, onkeydown: pick ? (event) => onRow(event, () => pick(row)) : undefined,
          draw: chosen ? keepInView : undefined,
        }, columns.map((each) => h("td", { class: each.cls }, each.cell(row))));
      }))),
    rows.length > shown.length &&
      h("p", { class: "soft more", key: `${label} more` }, `${rows.length - shown.length} more; narrow the search`),
  ];
}

const lastPicked = new WeakMap(); // of each table

function keepInView(row) {
  const before = lastPicked.get(row.parentNode);
  if (row === before) return;
  lastPicked.set(row.parentNode, row);
  row.scrollIntoView({ block: "nearest" });
  // On the row that was picked the focus follows what the screen's own keys pick.
  if (before && before === document.activeElement) row.focus();
}

function onRow(event, pick) {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) stepRow(by, event.target);
  else if (event.key === "Enter" || event.key === " ") pick();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// Moves the focus in a list of rows that can be picked: from the one that has it, or into the first.
export function stepRow(by, from = document.activeElement) {
  const row = from?.closest?.("tr[tabindex]");
  const next = row ? (by > 0 ? row.nextElementSibling : row.previousElementSibling)
    : document.querySelector("main table.pickable tr[tabindex='0']");
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// Keeps `size` as large as a picture on the page, so that a unit of it is a pixel, and words are as
// large in a small panel as in a large one.
export const fitted = (size) => ({ clientWidth: width, clientHeight: height }) => {
  if (!width || !height || (Math.abs(width - size.width) < 2 && Math.abs(height - size.height) < 2)) return;
  Object.assign(size, { width, height });
  redraw();
};

// The row after or before the one that is picked.
export function step(rows, key, picked, by) {
  if (rows.length === 0) return undefined;
  const at = rows.findIndex((row) => key(row) === picked);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
  return key(rows[next]);
}

export function button(words, onclick, { cls = "", disabled, why, key, keys, id } = {}) {
  return h("button", { type: "button", class: cls, disabled: disabled || undefined, title: why, onclick, key, id },
    words, keys && [" ", h("kbd", null, keys)]);
}

export function pairs(list) {
  return h("dl", { class: "pairs" }, list.filter(Boolean).map(([name, value, cls]) =>
    h("div", { class: cls }, h("dt", null, name), h("dd", null, value))));
}

// `most`: letters of a text that is no number.
export function number(value, digits = 4, most = 26) {
  if (value === null || value === undefined) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return value === "" ? "none" : short(String(value), most);
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  if (size >= 10 ** digits) return value.toFixed(0);
  return value.toPrecision(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

// A text in which names that may be longer than their column can be broken between their words.
export const breakable = (text, longest = 22) => String(text)
  .replaceAll(/[\w.]+/g, (name) => (name.length > longest ? name.replaceAll(/(_|[a-z]\.)(?=[a-z])/g, "$1\u200b") : name)).split("\u200b")
  .flatMap((part, place) => (place ? [h("wbr", { key: place }), part] : [part]));

// What a docstring says: names in it stand between backquotes.
export const prose = (text) => String(text ?? "").split("`").map((part, place) => (place % 2 ? h("code", { key: place }, part) : part));

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 2)}…` : text);

// What a channel's row says: one that is broken tells something that is no number.
export const toldBy = (row, most) => (row && row[2] === null ? "no number" : number(row && asOf(row[0], row[1], row[2]), 4, most));

// A value as its channel has it: what the archive keeps as 1 and 0 may be yes and no.
export const asOf = (vehicle, channel, value) => (channelOf(vehicle, channel)?.type === "boolean" && typeof value === "number" ? value !== 0 : value);

export const unitOf = (unit) => (unit && unit !== "1" ? unit : "");

export function words(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(words).join(", ");
  if (typeof value === "object") return Object.entries(value).map(([k, v]) => `${k}=${words(v)}`).join(", ");
  return typeof value === "number" ? number(value, 6) : String(value);
}

// Commands are not given while the page looks at another time.
export const commanding = () => !replayed() && store.time.live && store.link.socket && store.link.api;

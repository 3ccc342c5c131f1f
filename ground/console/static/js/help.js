// Help on the screen that one is at, beside it.
import { redraw } from "./app.js";
import { h } from "./dom.js";
import { GLOBAL } from "./keynames.js";
import { button } from "./parts.js";

let open = false;
let before = null;

export const helpOpen = () => open;

export function openHelp() {
  before = document.activeElement;
  open = true;
  redraw();
}

export function closeHelp() {
  open = false;
  before?.focus?.();
  redraw();
}

export function help(screen) {
  if (!open) return null;
  return h("div", { class: "help", key: "help", role: "dialog", "aria-label": `Help: ${screen.title}` },
    h("div", { class: "help-head" }, h("h2", null, `Help: ${screen.title}`),
      h("button", { type: "button", focus: true, onclick: closeHelp }, "close ", h("kbd", null, "Esc"))),
    (screen.help ?? []).map((paragraph) => h("p", null, paragraph)),
    screen.hints && [h("h3", null, "Keys of this screen"), list(screen.hints)],
    h("h3", null, "Keys everywhere"), list(GLOBAL),
    h("h3", null, "Signs"),
    h("p", null, "Critical is a diamond, serious a triangle, caution a square, normal a disc, standby a ring, off a line: the word stands beside each."));
}

const list = (keys) => h("dl", { class: "keys" }, keys.map(([key, words]) =>
  h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, words))));

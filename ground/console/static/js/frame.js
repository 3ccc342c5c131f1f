// Around the screens: the list of them, the foot of the page, and when the page is grey.
import { go, router } from "./app.js";
import { h } from "./dom.js";
import { SCREENS } from "./screens.js";
import { may, store } from "./store.js";
import { span } from "./time.js";

export const greyed = () => !store.link.socket || !store.link.api;

export const runEnded = () => store.link.socket && Boolean(store.clock?.ended);

export function lostSince() {
  if (runEnded()) return `The run has ended: ${store.clock.ended}. What is shown is how it stood at the end, and nothing can be sent any more.`;
  const seconds = (Date.now() - store.link.since) / 1000;
  const what = store.link.socket ? "Mission control does not answer" : "The link to the console's server is lost";
  const at = new Date(store.link.since).toTimeString().slice(0, 8);
  return `${what} since ${at} by this computer's clock, ${span(seconds)} ago${store.link.socket && store.link.apiWhy ? `: ${store.link.apiWhy}` : ""}. What is shown is old. It comes back by itself.`;
}

export function rail() {
  const groups = new Map();
  for (const screen of SCREENS.values()) {
    if (screen.role && !may(screen.role)) continue;
    groups.set(screen.group, [...(groups.get(screen.group) ?? []), screen]);
  }
  return h("nav", { class: "rail", key: "rail", "aria-label": "Screens" },
    [...groups].map(([group, screens]) => h("div", { key: group },
      h("h2", null, group),
      h("ul", null, screens.map((screen) => h("li", { key: screen.id },
        h("button", {
          type: "button", class: router.screen === screen.id ? "here" : "",
          "aria-current": router.screen === screen.id ? "page" : undefined, onclick: () => go(screen.id),
        }, screen.title, screen.key && h("kbd", { "aria-label": `g then ${screen.key}` }, `g ${screen.key}`))))))));
}

// What was said stays to be read, and stands back when it is no news any more.
const NEWS = 20_000; // ms

function manner({ bad, at }) {
  return `said ${bad ? "bad" : ""} ${Date.now() - at > NEWS ? "old" : ""}`;
}

export function foot(screen) {
  return h("footer", { class: "foot", key: "foot" },
    h("p", { class: manner(store.said), title: store.said.text, role: "status", "aria-live": "polite", id: "said" },
      store.said.bad && h("strong", null, "Refused: "), store.said.text),
    h("p", { class: "hints soft" }, (screen.hints ?? []).map(([keys, words]) => [h("kbd", null, keys), ` ${words} `]),
      h("kbd", null, "Ctrl K"), " palette ", h("kbd", null, "?"), " help"));
}

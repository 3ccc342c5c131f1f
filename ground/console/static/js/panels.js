// Panels that other packages bring: each a screen of its own, whose faults stay in its own place.
import { go, redraw, say } from "./app.js";
import { h, render } from "./dom.js";
import { button } from "./parts.js";
import { SCREENS } from "./screens.js";

const GROUP = "further panels";
const OURS = new Set(["g", "!", "?", ".", "/", "c", "p", "n", "[", "]", "Escape"]); // keys that mean the same everywhere

// Loads them all; one that is wanted is gone to when it is here.
export async function loadPanels(wanted) {
  try {
    const answer = await fetch("/panels.json");
    if (!answer.ok) return;
    const { panels } = await answer.json();
    await Promise.all(panels.map((each) => add(each, wanted)));
  } catch (error) {
    say(`further panels: ${error.message}`, true);
  }
}

async function add({ name, script, problem }, wanted) {
  let brought = {};
  let why = problem;
  if (!why) {
    try {
      brought = (await import(script)).default;
      why = unfit(brought);
    } catch (error) {
      why = `it cannot be loaded: ${wordsOf(error)}`;
    }
  }
  const id = `panel-${name}`;
  SCREENS.set(id, guarded(id, name, why ? {} : brought, why));
  if (wanted === id) go(id);
  else redraw();
}

// Why something is no screen; "" where it is one.
function unfit(brought) {
  if (typeof brought !== "object" || brought === null) return "its default export: allowed is an object, a screen";
  if (typeof brought.view !== "function") return "view: allowed is a function that answers what is to be seen";
  if (typeof brought.title !== "string" || !brought.title) return "title: allowed is a text";
  return "";
}

function guarded(id, name, brought, problem) {
  let broken = problem;
  const fail = (error) => { broken = wordsOf(error); redraw(); };
  // Of others' code, whatever it does.
  const attempt = (act, given) => {
    if (typeof act !== "function" || broken) return undefined;
    try {
      const result = act.call(brought, given);
      if (typeof result?.catch === "function") result.catch(fail);
      return result;
    } catch (error) {
      fail(error);
      return undefined;
    }
  };
  const paint = (place) => {
    try {
      if (!broken) return render(place, brought.view());
    } catch (error) {
      broken = wordsOf(error);
    }
    place.replaceChildren();
    const again = problem ? null : button("Try it again", () => { broken = ""; redraw(); });
    render(place, h("div", { class: "plain", key: "broken" },
      h("p", null, `The panel ${name} is left out: ${broken}`), h("p", { class: "soft" }, "It is of another package. Nothing else of the console depends on it."), again));
  };
  const texts = (list) => (Array.isArray(list) ? list.map(String) : []);
  const key = /^[a-z]$/.test(brought.key ?? "") && ![...SCREENS.values()].some((each) => each.key === brought.key) ? brought.key : undefined;
  const keys = Object.entries(brought.keys ?? {}).filter(([one]) => !OURS.has(one) && !/^\d$/.test(one));
  return {
    id, key, group: GROUP, title: brought.title ?? name, help: texts(brought.help),
    hints: Array.isArray(brought.hints) ? brought.hints.filter(Array.isArray).map(texts) : [],
    role: typeof brought.role === "string" ? brought.role : undefined,
    keys: Object.fromEntries(keys.map(([one, act]) => [one, () => attempt(act)])),
    open: (words) => attempt(brought.open, words),
    freshen: () => attempt(brought.freshen),
    view: () => h("div", { class: "ofothers", key: id, own: true, draw: paint }),
  };
}

const wordsOf = (error) => String(error?.message ?? error).slice(0, 300);

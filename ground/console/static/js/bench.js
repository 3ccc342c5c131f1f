// What is real in the run: asked for again and again where something is; stopped by a button, and by a key.
import { go, link, order, redraw, router, say } from "./app.js";
import { h } from "./dom.js";
import { button } from "./parts.js";
import { status } from "./status.js";
import { store } from "./store.js";

const OFTEN = 1000; // ms, on its own screen
const SELDOM = 4000;
const RARELY = 30_000; // where nothing is real
let askedAt = -Infinity;

export async function freshBench(at = performance.now()) {
  if (!store.link.socket || !store.link.api) return;
  const wait = router.screen === "bench" ? OFTEN : store.bench ? SELDOM : RARELY;
  if (at - askedAt < wait - 100) return;
  askedAt = performance.now();
  try {
    store.bench = (await link.ask("bench")).bench ?? null;
    redraw();
  } catch { /* the link was lost, or it knows of no bench: the page says the former */ }
}

export async function orderBench(what, words, done) {
  const result = await order("bench_order", { order: what, ...words }, done);
  await freshBench(Infinity);
  return result;
}

export function stopBench() {
  if (!store.bench) return say("Nothing is real in this run.", true);
  return orderBench("stop", {}, "Stopped: all that is real is safe.");
}

// Why the run does not jump to an instant, and why nothing is flown on a twin of it; empty: it does.
export function whyNoJump() {
  const armed = (store.bench?.devices ?? []).filter((each) => each.state === "armed").map((each) => each.service);
  return armed.length ? `${armed.join(", ")}: real and armed; no jump to an instant, make it safe first` : "";
}

export const whyNoPreview = () => store.service?.previews || (store.bench ? "devices of this run are real: nobody knows what they will do" : "");

// In view on every screen where something is real: which may move, and what stops it.
export function benchBar() {
  if (!store.bench) return null;
  const { stopped, devices } = store.bench;
  const armed = devices.filter((each) => each.state === "armed");
  const lost = devices.filter((each) => ["lost", "refused"].includes(each.state));
  const word = stopped ? status("critical", "stopped") : armed.length ? status("serious", `${armed.length} armed`) : status("standby", "safe");
  return h("div", { class: `benchbar ${stopped ? "stopped" : ""}`, key: "bench", role: "status" },
    word,
    h("span", { class: "text" }, stopped || armed.map((each) => each.service).join(", ") || "real devices: none may move"),
    lost.length > 0 && status("critical", `${lost.map((each) => each.service).join(", ")}: not there`),
    button("bench", () => go("bench"), { cls: "quiet", keys: "g h" }),
    button("STOP", stopBench, { cls: "grave", why: "makes all that is real safe; Ctrl Space also while one writes", keys: "!" }));
}

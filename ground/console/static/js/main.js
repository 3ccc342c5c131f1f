// The page: top bar, alarms, screens; what keys do.
import { drawBeforeAKey, freshen, go, isThere, onGo, onLook, redraw, router, start } from "./app.js";
import { benchBar, freshBench } from "./bench.js";
import { h, render } from "./dom.js";
import { drillBar, freshenDrill } from "./drill.js";
import { foot, greyed, rail } from "./frame.js";
import { help } from "./help.js";
import { forYouBar } from "./foryou.js";
import { hearKey, hearStop } from "./keys.js";
import { palette } from "./palette.js";
import { loadPanels } from "./panels.js";
import { SCREENS } from "./screens.js";
import { store } from "./store.js";
import { alarmBar, noteBar, topBar } from "./topbar.js";

const root = document.getElementById("console");

function draw() {
  const screen = SCREENS.get(router.screen);
  const replay = !store.time.live;
  root.className = `console ${greyed() ? "lost" : ""} ${replay ? "replay" : ""}`;
  document.title = `${screen.title}: Three Forks console`;
  render(root, [
    h("header", { class: "top", key: "top" }, topBar(), alarmBar(screen), benchBar(), drillBar(), forYouBar(), noteBar()),
    rail(),
    h("main", { class: `screen ${screen.id}`, key: `screen ${screen.id}`, "aria-label": screen.title },
      h("h1", { class: "unseen" }, screen.title), isThere() ? screen.view() : waiting()),
    foot(screen),
    palette(),
    help(screen),
  ]);
}

function waiting() {
  return h("p", { class: "plain soft" }, "Waiting for mission control…");
}

onGo((id, words) => SCREENS.get(id).open?.(words));
onLook(() => SCREENS.get(router.screen).looked?.());
addEventListener("keydown", hearStop, true);
addEventListener("keydown", drawBeforeAKey, true);
addEventListener("keydown", hearKey);
addEventListener("visibilitychange", redraw);
// What ages, ages also while nothing new comes.
setInterval(redraw, 1000);
setInterval(freshen, 2500);
setInterval(() => isThere() && SCREENS.get(router.screen).freshen?.(), 2500);
setInterval(freshenDrill, 1000);
setInterval(() => freshBench(), 1000);
start(draw);
const wanted = location.hash.slice(1);
go(SCREENS.has(wanted) ? wanted : "overview");
loadPanels(wanted);

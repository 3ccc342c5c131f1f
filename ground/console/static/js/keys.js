// What keys do. No single key releases, arms or approves.
import { drawNow, go, isThere, lookAt, router, say } from "./app.js";
import { stopBench } from "./bench.js";
import { closeHelp, helpOpen, openHelp } from "./help.js";
import { closePalette, openPalette, paletteOpen } from "./palette.js";
import { SCREENS } from "./screens.js";
import { stepRow } from "./parts.js";
import { may, vehicleNames } from "./store.js";
import { changePace, runToNextPass, togglePace } from "./pace.js";

const AFTER_G = 1500; // ms in which the letter of a screen is awaited
let gAt = -Infinity;

const PLAIN = {
  c: () => go("command", { find: true }),
  "/": () => document.querySelector("[data-find]")?.focus(),
  p: togglePace,
  n: runToNextPass,
  "[": () => changePace(-1),
  "]": () => changePace(1),
  ".": () => lookAt(null),
  j: () => stepRow(1),
  k: () => stepRow(-1),
  "?": openHelp,
  "!": stopBench,
};

const WAITING = { c: PLAIN.c, "?": openHelp, "!": stopBench };

const ticks = (element) => element instanceof HTMLElement && element.matches("input[type=checkbox], input[type=radio]");
const writes = (element) => element instanceof HTMLElement && !ticks(element) && (element.matches("input, textarea, select") || element.isContentEditable);

// Heard before all others, whatever is open and whoever writes: two names, since some systems keep
// one of them for themselves.
export function hearStop(event) {
  if (!event.ctrlKey || (event.code !== "Space" && event.key !== "!")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) stopBench();
}

// The focus may have moved since the key came, as what was owed was drawn: then what is written goes
// to where it is now.
export function hearKey(event) {
  const target = document.activeElement ?? document.body;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.key === "Escape") return leave(target);
  if (paletteOpen() || helpOpen()) return;
  if (ticks(target) && (event.key === " " || event.key === "Enter")) return; // it is ticked
  const screen = SCREENS.get(router.screen);
  if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target) || writes(target)) {
    if (screen.typed?.(event)) event.preventDefault();
    return;
  }
  if (press(event.key, screen, event.timeStamp)) event.preventDefault();
}

function leave(target) {
  if (paletteOpen()) closePalette();
  else if (helpOpen()) closeHelp();
  else if (writes(target) && !target.closest(".confirm")) target.blur();
  else SCREENS.get(router.screen).keys?.Escape?.();
  drawNow();
}

// `now`: when it was pressed. A page that has much to draw hears of it later: a letter after g is not
// to be taken for a key of its own then.
function press(key, screen, now) {
  if (now - gAt < AFTER_G) {
    gAt = -Infinity;
    const wanted = [...SCREENS.values()].find((each) => each.key === key && (!each.role || may(each.role)));
    if (wanted) go(wanted.id, { find: wanted.id === "command" });
    else say(`g ${key}: there is no such screen`, true);
    return true;
  }
  if (key === "g") {
    gAt = now;
    return true;
  }
  // While the page waits for mission control, keys choose what it is to show then.
  const act = isThere() ? screen.keys?.[key] ?? PLAIN[key] : WAITING[key];
  if (act) {
    act();
    drawNow();
    return true;
  }
  if (isThere() && /^[1-9]$/.test(key)) {
    const vehicle = vehicleNames()[Number(key) - 1];
    if (vehicle) go(screen.ofVehicle ? screen.id : "vehicle", { vehicle });
    return true;
  }
  return false;
}

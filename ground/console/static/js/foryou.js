// What waits for the very person who looks, on whichever screen that is: until it is done.
import { awaited } from "./adapt.js";
import { go, router } from "./app.js";
import { h } from "./dom.js";
import { greyed } from "./frame.js";
import { button } from "./parts.js";
import { status } from "./status.js";
import { may, store, titleOf, user, vehicleNames } from "./store.js";

const mine = (each) => (each.hands ?? [each.by]).includes(user().name);

function approvals() {
  if (!may("director")) return [];
  return [...store.stack.values()].filter((each) => each.state === "waiting_approval" && !mine(each))
    .map((each) => ({ screens: ["plan", "command"], keys: "g l", text: `${each.stage}, ${titleOf(each.vehicle)} ${each.command}, staged by ${each.by}, waits for your approval` }));
}

function offers() {
  return vehicleNames().filter((name) => store.authority[name]?.offered_to === user().name)
    .map((name) => ({ screens: ["authority"], keys: "g y", text: `${store.authority[name].holder} offers you ${titleOf(name)}` }));
}

// What a procedure asks, of those who may answer it; a draft, of who may approve it.
function procedures() {
  return store.procedures.flatMap((each) => {
    const title = each.title ?? each.draft?.title ?? each.name;
    const said = (text) => [{ screens: ["procedures"], keys: "g p", text: `${title}: ${text}` }];
    if (each.draft?.state === "submitted" && may("director") && !mine(each.draft)) return said("a new version waits for your approval");
    const { hold } = each;
    return hold && !each.ended && ANSWERS[hold.kind]?.(hold) ? said(hold.kind === "failed" ? `a step has failed, ${hold.text}` : hold.text) : [];
  });
}

const ANSWERS = {
  prompt: () => may("operator", "director"),
  failed: () => may("operator", "director"),
  approval: () => may("director"),
  poll: (hold) => may(...awaited(hold)) && !(user().name in (hold.said ?? {})),
};

export function forYouBar() {
  if (greyed() || !store.time.live) return null;
  const [first, ...more] = [...approvals(), ...offers(), ...procedures()].filter((each) => !each.screens.includes(router.screen));
  if (!first) return null;
  return h("div", { class: "notebar", key: "foryou", role: "status" },
    status("caution", "for you"),
    h("span", { class: "text" }, first.text),
    more.length > 0 && h("span", { class: "soft" }, `and ${more.length} more`),
    button(first.screens[0], () => go(first.screens[0]), { cls: "quiet", keys: first.keys }));
}

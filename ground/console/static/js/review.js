// A draft of a procedure: its text, who wrote it, what is hazardous in it; submitted, and approved.
import { order, redraw } from "./app.js";
import { h } from "./dom.js";
import { button, commanding, pairs } from "./parts.js";
import { status } from "./status.js";
import { may, user } from "./store.js";
import { lmst } from "./time.js";

const state = { note: "" };

export function review({ name, draft }, done) {
  const { version, hands, hazardous } = draft;
  const submitted = draft.state === "submitted";
  const mine = hands.includes(user().name);
  const act = async (request, words, said) => {
    if (await order(request, { name, ...words }, said)) state.note = "";
    done();
  };
  return [
    pairs([
      ["state", status(submitted ? "caution" : "off", draft.state)], ["version", h("code", null, version)],
      ["written by", `${hands.join(", ")}, ${lmst(draft.saved_ns)}`],
      ["hazardous", hazardous.length ? [status("serious", "hazardous"), ` ${hazardous.join(", ")}`] : "nothing"],
    ]),
    h("details", { key: `text ${version}` }, h("summary", null, "Its text"), h("pre", { class: "mono" }, draft.text)),
    !submitted && may("engineer", "director") && h("div", { class: "actions" }, button("Submit", () => act("procedure_submit", {}, "It is to be reviewed."), { disabled: !commanding() })),
    submitted && may("director") && [
      h("label", { for: "review-note" }, "Note"),
      h("input", { id: "review-note", type: "text", maxlength: 500, value: state.note, oninput: (event) => { state.note = event.target.value; redraw(); } }),
      h("div", { class: "actions" }, button(`Approve ${version}`, () => act("procedure_approve", { version, note: state.note }, `${name} is approved in this version.`), { disabled: !commanding() || mine, why: mine ? "you have written or submitted it: another person has to approve" : "the text above, and nothing else" })),
    ],
  ];
}

// Logs in by a link with a token, and says why the page is shown again.
const SENTENCES = {
  refused: "That was not accepted, or there were too many attempts.",
  waiting: "Mission control does not answer. Try again when it runs.",
};
const why = [...new URLSearchParams(location.search).keys()][0];
if (why in SENTENCES) document.getElementById("answer").textContent = SENTENCES[why];

// A link of one use; taken out of the address, so that it is in no history.
const token = new URLSearchParams(location.search).get("token");
if (token) {
  history.replaceState(null, "", "/login");
  const form = document.createElement("form");
  const field = document.createElement("input");
  Object.assign(form, { method: "post", action: "/login" });
  Object.assign(field, { type: "hidden", name: "token", value: token });
  form.append(field);
  document.body.append(form);
  form.submit();
}

// The websocket: requests with their answers, frames of news, and coming back by itself.

const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 5000;
const PATIENCE = 20_000;

export class Link {
  // `take(poll)` gets each frame of news; `told(up, why)` hears when the socket opens and closes.
  constructor(take, told) {
    this.take = take;
    this.told = told;
    this.number = 0;
    this.asked = new Map();
    this.parts = new Map();
    this.wait = FIRST_WAIT;
    this.socket = null;
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket = socket;
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      this.told(true, "");
    };
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = (event) => this.closed(event);
  }

  closed(event) {
    this.socket = null;
    this.parts.clear();
    for (const waiting of this.asked.values()) waiting.reject(new Error("the link was lost"));
    this.asked.clear();
    if (event.code === 4401) {
      location.assign("/login");
      return;
    }
    this.told(false, event.reason);
    setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 1.6);
  }

  // Answers the result; throws an Error with the sentence of a refusal.
  ask(name, words = {}, key = undefined) {
    if (this.socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error("the link is lost"));
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.settle(id, { refused: "no answer came" }), PATIENCE);
      this.asked.set(id, { resolve, reject, late });
      this.socket.send(JSON.stringify({ id, key, request: { do: name, ...words } }));
    });
  }

  painted() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"credit":1}');
  }

  hear(frame) {
    if (frame.poll) this.take(frame.poll);
    else if (frame.part) this.join(frame);
    else this.settle(frame.id, frame);
  }

  join({ id, of, text }) {
    const parts = this.parts.get(id) ?? [];
    parts.push(text);
    this.parts.set(id, parts);
    if (parts.length === of) {
      this.parts.delete(id);
      this.settle(id, JSON.parse(parts.join("")));
    }
  }

  settle(id, answer) {
    const waiting = this.asked.get(id);
    if (!waiting) return;
    this.asked.delete(id);
    clearTimeout(waiting.late);
    if (answer.ok) waiting.resolve(answer.result);
    else waiting.reject(new Error(answer.refused ?? "refused"));
  }
}

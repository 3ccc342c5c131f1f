// What panels of other packages may use; all else may change without notice.
export { ask, go, listOf, order, redraw, say } from "./app.js";
export { h } from "./dom.js";
export { button, commanding, number, pairs, panel, step, table, toldBy, unitOf } from "./parts.js";
export { status } from "./status.js";
export { channelOf, limitedBy, may, nowNs, store, titleOf, valueOf, vehicleNames, viewNs } from "./store.js";
export { lmst, spanNs, utc } from "./time.js";

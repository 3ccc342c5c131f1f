// All screens, in the order of an operator's day.
import alarms from "./screens/alarms.js";
import command from "./screens/command.js";
import events from "./screens/events.js";
import overview from "./screens/overview.js";
import passes from "./screens/passes.js";
import procedures from "./screens/procedures.js";
import telemetry from "./screens/telemetry.js";
import tubes from "./screens/tubes.js";

const ALL = [overview, command, telemetry, alarms, events, procedures, tubes, passes];

export const SCREENS = new Map(ALL.map((screen) => [screen.id, screen]));

// All screens, in the order of an operator's day.
import alarms from "./screens/alarms.js";
import archive from "./screens/archive.js";
import authority from "./screens/authority.js";
import bench from "./screens/bench.js";
import changes from "./screens/changes.js";
import command from "./screens/command.js";
import drill from "./screens/drill.js";
import events from "./screens/events.js";
import faults from "./screens/faults.js";
import map from "./screens/map.js";
import onboard from "./screens/onboard.js";
import overview from "./screens/overview.js";
import passes from "./screens/passes.js";
import plan from "./screens/plan.js";
import procedures from "./screens/procedures.js";
import products from "./screens/products.js";
import telemetry from "./screens/telemetry.js";
import tubes from "./screens/tubes.js";
import vehicle from "./screens/vehicle.js";

const ALL = [
  plan, overview, command, map, changes, telemetry, tubes, products, alarms, events, vehicle, onboard, archive,
  procedures, passes, authority, bench, drill, faults,
];

export const SCREENS = new Map(ALL.map((screen) => [screen.id, screen]));

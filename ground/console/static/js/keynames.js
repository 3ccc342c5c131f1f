// What keys do everywhere, in words: for the help. `keys.js` does it.
export const GLOBAL = [
  ["1 to 7", "a vehicle"],
  ["g, then a letter", "a screen"],
  ["c", "command"],
  ["/", "find on this screen"],
  ["Ctrl K", "palette: every screen, vehicle, command and channel; run to 12 14:30; run until an event, or a command's verdict"],
  ["j  k  ↓  ↑", "down, up in a list; Enter picks"],
  ["x", "acknowledge the alarm that is picked"],
  ["n", "run to the next pass"],
  ["p", "pause, go on"],
  ["[  ]", "slower, faster"],
  [".", "back to live"],
  ["!", "STOP: all real devices are safe"],
  ["Ctrl Space", "STOP, also in a field, in this help, in the palette (or Ctrl !)"],
  ["Esc", "out of a field, a form, this help"],
  ["?", "help"],
];

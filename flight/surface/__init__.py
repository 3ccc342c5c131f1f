"""Skills that the vehicles on the ground share: where am I, where to, how, and with what energy."""

"""Whether a device, a bench and this machine are fit to fly together."""

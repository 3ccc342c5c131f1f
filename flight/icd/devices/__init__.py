"""Device interfaces: what a flight driver may ask of a device, simulated or real."""

"""When: mission time, the vehicles' clocks, when an answer can be here, when a launch is to be."""

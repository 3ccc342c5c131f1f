"""What is served in the place of a simulated device: its plant, and the link to a real one."""

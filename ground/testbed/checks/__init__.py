"""What is checked before a run: all that a mission refers to, and how software finds devices."""

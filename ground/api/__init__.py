"""What people and mission control say to each other: requests, journal entries, answers."""

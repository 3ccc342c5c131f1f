"""What each simulated device stands on: its base, its server, its failures and time stamps."""

"""What a run leaves that others can judge: records, audit, what broke, the platform of its bits."""

"""Where faults reach what a host runs: bus, stores, mailboxes, and what lies in other processes."""

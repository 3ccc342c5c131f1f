"""Mission control as a service: people's requests, checked, done, and told in a journal."""

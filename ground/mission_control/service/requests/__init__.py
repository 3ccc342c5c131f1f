"""What people can ask: each module answers the requests of one kind, and one table has them all."""

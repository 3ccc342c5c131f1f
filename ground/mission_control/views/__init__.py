"""What people see of it: the past, what changed, passes, products, what is on board, progress."""

"""Space links between vehicles and Earth: delay, passes, rate, loss."""

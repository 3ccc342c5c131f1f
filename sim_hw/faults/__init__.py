"""What can go wrong, as typed data: kinds of faults, what they break, and when."""

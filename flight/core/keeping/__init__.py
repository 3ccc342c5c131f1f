"""What a node keeps: storage, parameters, health, clock."""

"""What all devices of a vehicle share: electrical bus and thermal network."""

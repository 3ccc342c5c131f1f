"""What mission control of a run is given: the dictionary, its procedure, what can break."""

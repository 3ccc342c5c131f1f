"""What a mission file means, the vehicles' files, and the folder of a run."""

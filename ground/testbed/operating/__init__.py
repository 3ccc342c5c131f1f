"""What people ask of a run that is under way: its pace, commands, what a trainer breaks."""

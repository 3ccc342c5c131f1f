"""The host with a process each: the processes, what they tell and are told, who asks the ground."""

"""What every command of `msr` shares: exit codes, signals, arguments, the screen."""

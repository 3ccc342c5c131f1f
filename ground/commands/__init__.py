"""One module for each subcommand of `msr`."""

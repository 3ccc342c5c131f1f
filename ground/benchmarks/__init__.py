"""The parts of `msr bench`: what is measured, beside what, and how noisy the machine was."""

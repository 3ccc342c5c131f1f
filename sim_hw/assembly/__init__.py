"""Which devices each vehicle has, and how they share its power."""

"""What the vehicles told last: values, custody of the tubes, derived channels; who waits for it."""

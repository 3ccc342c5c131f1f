"""The report as one HTML file: nothing of it lies elsewhere, no script runs in it."""

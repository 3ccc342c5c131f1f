"""The archive of a run: tables, samples in blocks, questions to it, and how it stays bounded."""

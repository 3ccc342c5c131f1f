"""The chain of custody: ledger, repair, and the hand-over between two vehicles."""

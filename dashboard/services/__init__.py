"""What the dashboard writes: roll-ups and the ledger of their runs, rebases and annotations."""

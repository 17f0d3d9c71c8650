"""Every read of roll-ups, of what made them, and of the runs."""

"""Every read of the decisions app."""

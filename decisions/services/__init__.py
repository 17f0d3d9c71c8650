"""Every write of the decisions app."""

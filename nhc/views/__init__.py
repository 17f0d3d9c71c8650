"""Pages of the platform about a person's own account: signing in, factors, passwords and sessions."""

"""Pages of the dashboard, one module a noun."""

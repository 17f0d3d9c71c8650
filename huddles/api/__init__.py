"""The REST API of what happens at a centre, one module a noun."""

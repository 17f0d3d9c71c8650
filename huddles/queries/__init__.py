"""Reads, one module a noun. They know nothing of who asks: permissions do."""

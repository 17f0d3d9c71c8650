"""Every read of the partners' tables, one module a noun."""

"""Writes, one module a noun: one function for each thing a person can do."""

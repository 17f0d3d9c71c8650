"""Grids as files that people keep and change outside."""

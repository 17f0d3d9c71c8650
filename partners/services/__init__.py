"""Everything that a person or partner can do, one function an act."""

"""Pages for people who act for an organisation: what it owes, what it sends, what became of it, and its keys."""

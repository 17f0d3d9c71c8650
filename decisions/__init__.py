"""Who decides: the decision-rights grid, "May I?", forums, proposals, decisions and shared risks."""

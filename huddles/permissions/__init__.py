"""Who sees what of the day and of the people it is about. What a getter refuses looks absent."""

"""The day at a centre: the huddle, the people who are supported, and how they come, stay and move on."""

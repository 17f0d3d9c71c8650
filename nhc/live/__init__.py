"""Live updates: server-sent events that say only "this thing is at version V", and nothing of what changed.

Whoever hears it asks for the thing itself, through the door that checks what they may see. Losing a signal loses
nothing: versions are read from PostgreSQL too, every two seconds.
"""

from nhc.live.announcements import announce
from nhc.live.hub import Topic, register
from nhc.live.stream import response

__all__ = ["Topic", "announce", "register", "response"]

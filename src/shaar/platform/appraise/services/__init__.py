"""Every write of the room, one file an aggregate."""

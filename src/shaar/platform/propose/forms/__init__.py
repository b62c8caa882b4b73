"""Forms of the room, one module an aggregate."""

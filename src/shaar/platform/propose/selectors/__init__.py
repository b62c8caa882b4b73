"""Every reading of the room, one module an aggregate; each takes its viewer."""

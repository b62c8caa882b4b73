"""Every change of the room, one module an aggregate: verbs, keyword-only, each with its event."""

"""How languages that Django lacks write dates and numbers."""

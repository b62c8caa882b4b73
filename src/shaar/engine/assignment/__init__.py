"""Passengers to lines: optimal strategies on frequencies, crowding, and what each line carries."""

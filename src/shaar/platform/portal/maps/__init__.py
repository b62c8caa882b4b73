"""Maps drawn on the server: a base of picture tiles from the city folder, things on it, and a way to choose a place."""

"""How many people want to go from where to where."""

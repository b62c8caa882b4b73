"""Typed changes to a city; a scenario is a city and an ordered list of them."""

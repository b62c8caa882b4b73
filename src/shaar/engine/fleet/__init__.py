"""Vehicles needed to run a timetable, and what they cost."""

"""Shortest paths, walking, timetable routing, travel-time matrices."""

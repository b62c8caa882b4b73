"""Shaar: an open platform with which a city decides and does things."""

__version__ = "0.1.0"

"""Writes of places: the tree and its history, the calendar."""

from .days import add_days_off, import_days_off
from .history import merge, move, rename, split
from .importing import import_territories

__all__ = ["add_days_off", "import_days_off", "import_territories", "merge", "move", "rename", "split"]

"""Where things are: the tree of territories with its history, and the calendar of work days."""

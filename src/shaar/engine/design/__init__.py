"""Transit network design and frequency setting: the optimiser."""

"""The shaar command: thin commands over the engine."""

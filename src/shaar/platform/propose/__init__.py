"""Measures put forward, talked over, met about and bound into plans."""

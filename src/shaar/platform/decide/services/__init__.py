"""Changes, one module a noun."""

"""Reads, one module a noun."""

"""Weighing effects: costs and benefits over years, what is uncertain, several criteria, and who gains."""

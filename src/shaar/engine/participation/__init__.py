"""Ballots counted with every step kept, and opinions grouped: pure calculations."""

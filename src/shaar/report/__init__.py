"""The self-contained HTML report of a plan, in four languages."""

"""Public pages: views and templates only."""

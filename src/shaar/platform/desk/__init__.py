"""Staff pages: views and templates only."""

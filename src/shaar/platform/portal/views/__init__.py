"""Views of the public pages, one module a subject."""

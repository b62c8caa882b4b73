"""The interface for programs: one OpenAPI document over all rooms."""

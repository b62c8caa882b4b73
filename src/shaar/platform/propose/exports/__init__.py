"""What leaves the room on paper or as a table."""

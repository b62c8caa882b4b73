"""What people can reach, and who is left behind."""

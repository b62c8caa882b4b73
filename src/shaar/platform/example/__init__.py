"""Example data for looking around: made-up people, proposals and meetings, told through the services like real ones."""

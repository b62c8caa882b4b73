"""The city as data: zones, streets, stops, people, places; readers of raw files and the city folder."""

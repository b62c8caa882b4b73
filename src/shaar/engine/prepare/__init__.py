"""Raw files (OpenStreetMap, GTFS, population) made into a city folder."""

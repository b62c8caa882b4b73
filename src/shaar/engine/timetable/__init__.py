"""GTFS in and out, calendars, checks, and flat arrays for the routers."""

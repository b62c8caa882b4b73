"""Pure computation: cities, timetables, models, design. Knows no web framework and no database."""

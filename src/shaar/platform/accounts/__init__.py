"""Who people are: persons, organisations, scoped and dated roles, and how they prove themselves."""

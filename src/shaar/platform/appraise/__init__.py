"""Appraise: a measure gets its effects, with ranges, from the model of the city, before anyone decides."""

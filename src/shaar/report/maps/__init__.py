"""Maps as inline SVG: geometry drawn once in the city's own projection, words laid over it in each language."""

"""Charts as inline SVG, one function a file: percentages across, pixels down, so that text never shrinks on a phone."""

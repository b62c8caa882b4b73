"""Degrees to the square of the web Mercator projection, and the window of a map in it.

The whole world is the unit square, x to the east, y to the south (EPSG:3857, scaled).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Length of the equator, m (WGS 84).
EQUATOR = 40_075_016.686
#: Height over width of every map.
ASPECT = 2 / 3
#: Windows: from a street to the whole oblast, in parts of the world.
NARROWEST, WIDEST = 400 / EQUATOR, 1.0 / 64


def to_square(lon: float, lat: float) -> tuple[float, float]:
    """Degrees to the unit square."""
    return (lon + 180) / 360, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """The unit square to longitude and latitude, degrees."""
    return x * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))


@dataclass(frozen=True, slots=True)
class Window:
    """What a map shows: its middle and its width in the unit square; the height follows from `ASPECT`."""

    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        """Height in the unit square."""
        return self.width * ASPECT

    @property
    def west(self) -> float:
        """Left edge."""
        return self.x - self.width / 2

    @property
    def north(self) -> float:
        """Upper edge."""
        return self.y - self.height / 2

    @property
    def metres(self) -> float:
        """Width on the ground at the middle, m."""
        latitude = math.radians(to_degrees(self.x, self.y)[1])
        return self.width * EQUATOR * math.cos(latitude)

    def share(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a point lies, as shares of the width and the height; 0 to 1 is inside."""
        x, y = to_square(lon, lat)
        return (x - self.west) / self.width, (y - self.north) / self.height

    def at(self, across: float, down: float) -> tuple[float, float]:
        """Degrees of a point given as shares of the width and the height."""
        return to_degrees(self.west + across * self.width, self.north + down * self.height)

    def moved(self, across: float = 0, down: float = 0, zoom: float = 1) -> Window:
        """The window moved by shares of its size and zoomed, kept within sensible sizes."""
        width = min(WIDEST, max(NARROWEST, self.width * zoom))
        return Window(self.x + across * self.width, self.y + down * self.height, width)

    def text(self) -> str:
        """As a word for a form: longitude, latitude, width in metres at the equator."""
        lon, lat = to_degrees(self.x, self.y)
        return f"{lon:.5f},{lat:.5f},{self.width * EQUATOR:.0f}"


def window_from(text: str) -> Window | None:
    """Read what `Window.text` wrote; None where it is something else."""
    try:
        lon, lat, metres = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not (-180 <= lon <= 180 and -80 <= lat <= 80 and math.isfinite(metres)):
        return None
    x, y = to_square(lon, lat)
    return Window(x, y, min(WIDEST, max(NARROWEST, metres / EQUATOR)))


def window_around(bounds: tuple[float, float, float, float], margin: float = 0.12, least: float = 1200) -> Window:
    """The window that shows a box of degrees (west, south, east, north) with a margin, at least so many metres wide."""
    west, north = to_square(bounds[0], bounds[3])
    east, south = to_square(bounds[2], bounds[1])
    latitude = math.radians((bounds[1] + bounds[3]) / 2)
    narrowest = least / EQUATOR / math.cos(latitude)
    wide = max(east - west, (south - north) / ASPECT) * (1 + 2 * margin)
    width = min(WIDEST, max(wide, narrowest))
    return Window((west + east) / 2, (north + south) / 2, width)

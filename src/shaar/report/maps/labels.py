"""Names and badges on a map: placed where there is room, the important ones first, fewer on a phone."""

from __future__ import annotations

from dataclasses import dataclass, field

from shaar.report.geometry import WIDTH

#: Grid units a pixel on a phone and on a wide screen: the two sizes for which room is made.
UNITS_PHONE, UNITS_WIDE = WIDTH / 328, WIDTH / 760


@dataclass(slots=True)
class Room:
    """Boxes already taken on a map, at one size of screen."""

    units: float
    height: float
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def take(self, x: float, y: float, wide: float, tall: float, *, gap: float = 2.0) -> bool:
        """Take a box of so many pixels around a grid point, if it is free and inside the map."""
        w, h = (wide / 2 + gap) * self.units, (tall / 2 + gap) * self.units
        box = (x - w, y - h, x + w, y + h)
        if box[0] < 0 or box[1] < 0 or box[2] > WIDTH or box[3] > self.height:
            return False
        if any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in self.boxes):
            return False
        self.boxes.append(box)
        return True


def text_width(text: str, size: float = 12.0) -> float:
    """Return about how wide a text is, in pixels; generous, as fonts differ."""
    return 0.6 * size * len(text)


def place(
    wanted: list[tuple[float, float, float, float]], height: float, *, taken: tuple[Room, Room] | None = None
) -> list[str | None]:
    """Say for each wanted box (x, y in grid units; width, height in pixels; best first) where it is shown.

    Returns
    -------
    list
        "" on every screen, "wide" on wide screens only, None nowhere.
    """
    phone, wide = taken or (Room(UNITS_PHONE, height), Room(UNITS_WIDE, height))
    out: list[str | None] = []
    for x, y, w, h in wanted:
        if phone.take(x, y, w, h):
            wide.take(x, y, w, h)
            out.append("")
        elif wide.take(x, y, w, h):
            out.append("wide")
        else:
            out.append(None)
    return out

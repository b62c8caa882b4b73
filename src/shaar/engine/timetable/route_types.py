"""GTFS route types, basic and extended, and the mode that each stands for."""

from __future__ import annotations

#: Basic types of the GTFS reference.
BASIC: dict[int, str] = {
    0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "cable_tram", 6: "aerial_lift", 7: "funicular",
    11: "trolleybus", 12: "monorail",
}  # fmt: skip
#: Extended types (hierarchical vehicle types) by their hundred; 1501 and 1507 are exceptions below.
EXTENDED: dict[int, str] = {
    1: "rail", 2: "coach", 4: "metro", 5: "metro", 6: "metro", 7: "bus", 8: "trolleybus", 9: "tram", 10: "ferry",
    11: "air", 12: "ferry", 13: "aerial_lift", 14: "funicular", 15: "taxi", 16: "self_drive", 17: "other",
}  # fmt: skip
#: Type with which a line of a mode is written; share taxi (marshrutka) is 1501, communal taxi.
ROUTE_TYPE: dict[str, int] = {
    "tram": 0, "metro": 1, "subway": 1, "rail": 2, "train": 2, "bus": 3, "ferry": 4, "cable_tram": 5, "aerial_lift": 6,
    "funicular": 7, "trolleybus": 11, "monorail": 12, "share_taxi": 1501, "light_rail": 0, "minibus": 1501,
}  # fmt: skip


def mode_of(route_type: int) -> str:
    """Name the mode of a route type; ``unknown`` where the reference has no such type."""
    if route_type in BASIC:
        return BASIC[route_type]
    if route_type == 1501:
        return "share_taxi"
    if route_type == 405:
        return "monorail"
    if 100 <= route_type < 1800 and route_type // 100 in EXTENDED:
        return EXTENDED[route_type // 100]
    return "unknown"

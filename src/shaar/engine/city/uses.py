"""What is done in a building or at a point, by its OpenStreetMap tags."""

from __future__ import annotations

from shaar.engine.city.extract import Tags


def use_of(tags: Tags) -> str:
    """Return what is done in a building or at a point by its tags: a key of the jobs table, or ""."""
    amenity, building = tags.get("amenity", ""), tags.get("building", "")
    if amenity in {"school", "college", "music_school", "language_school"} or building in {"school", "college"}:
        return "school"
    if amenity in {"kindergarten", "childcare"} or building == "kindergarten":
        return "kindergarten"
    if amenity == "university" or building == "university":
        return "university"
    if (
        amenity in {"hospital", "clinic", "doctors", "dentist"}
        or building in {"hospital", "clinic"}
        or "healthcare" in tags
    ):
        return "hospital" if "hospital" in {amenity, building} else "clinic"
    if tags.get("tourism") in {"hotel", "hostel", "motel", "guest_house"} or building == "hotel":
        return "hotel"
    if amenity in {"restaurant", "cafe", "bar", "pub", "fast_food", "food_court", "nightclub", "canteen"}:
        return "catering"
    if amenity in {
        "bank",
        "townhall",
        "courthouse",
        "embassy",
        "police",
        "post_office",
        "fire_station",
        "public_building",
    }:
        return "office"
    if "office" in tags or building in {"office", "government", "public", "civic"}:
        return "office"
    if tags.get("shop") in {"mall", "supermarket", "department_store"} or amenity == "marketplace":
        return "large_retail"
    if tags.get("shop", "no") not in {"no", "vacant"} or amenity in {"pharmacy", "fuel", "car_wash"}:
        return "retail"
    if building in {"retail", "supermarket", "kiosk", "shop"}:
        return "retail"
    if building == "commercial":
        return "commercial"
    if building in {"warehouse", "hangar", "storage_tank", "silo"}:
        return "warehouse"
    if building in {"industrial", "manufacture", "factory", "works"} or tags.get("man_made") == "works":
        return "industrial"
    if (
        amenity in {"theatre", "cinema", "library", "arts_centre", "community_centre"}
        or tags.get("tourism") == "museum"
    ):
        return "culture"
    if building in {"train_station", "transportation", "stadium", "sports_hall", "sports_centre"}:
        return "culture"
    return ""

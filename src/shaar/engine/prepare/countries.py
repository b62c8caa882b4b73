"""What a country brings along: time zone, currency and languages, where the data do not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """Defaults of a country by its ISO 3166-1 code; the zone is that of most of its cities."""

    time_zone: str
    currency: str
    languages: tuple[str, ...]


COUNTRIES: dict[str, Country] = {
    "AM": Country("Asia/Yerevan", "AMD", ("hy", "ru", "en")),
    "AZ": Country("Asia/Baku", "AZN", ("az", "ru", "en")),
    "BR": Country("America/Sao_Paulo", "BRL", ("pt", "en")),
    "BY": Country("Europe/Minsk", "BYN", ("be", "ru", "en")),
    "DE": Country("Europe/Berlin", "EUR", ("de", "en")),
    "ES": Country("Europe/Madrid", "EUR", ("es", "en")),
    "FR": Country("Europe/Paris", "EUR", ("fr", "en")),
    "GB": Country("Europe/London", "GBP", ("en",)),
    "GE": Country("Asia/Tbilisi", "GEL", ("ka", "ru", "en")),
    "ID": Country("Asia/Jakarta", "IDR", ("id", "en")),
    "IN": Country("Asia/Kolkata", "INR", ("hi", "en")),
    "KG": Country("Asia/Bishkek", "KGS", ("ky", "ru", "en")),
    "KR": Country("Asia/Seoul", "KRW", ("ko", "en")),
    "KZ": Country("Asia/Almaty", "KZT", ("kk", "ru", "en")),
    "MD": Country("Europe/Chisinau", "MDL", ("ro", "ru", "en")),
    "MN": Country("Asia/Ulaanbaatar", "MNT", ("mn", "en")),
    "PE": Country("America/Lima", "PEN", ("es", "en")),
    "PL": Country("Europe/Warsaw", "PLN", ("pl", "en")),
    "RU": Country("Europe/Moscow", "RUB", ("ru", "en")),
    "TJ": Country("Asia/Dushanbe", "TJS", ("tg", "ru", "en")),
    "TM": Country("Asia/Ashgabat", "TMT", ("tk", "ru", "en")),
    "TR": Country("Europe/Istanbul", "TRY", ("tr", "en")),
    "UA": Country("Europe/Kyiv", "UAH", ("uk", "ru", "en")),
    "US": Country("America/New_York", "USD", ("en",)),
    "UZ": Country("Asia/Tashkent", "UZS", ("uz", "ru", "en")),
}


#: Countries of the table, and some more, where traffic keeps left.
DRIVE_LEFT = frozenset(
    {"AU", "BD", "GB", "HK", "ID", "IE", "IN", "JP", "KE", "LK", "MY", "NP", "NZ", "PK", "SG", "TH", "TZ", "UG", "ZA"}
)


def by_longitude(lon: float) -> str:
    """Return the nautical time zone of a longitude as an IANA name ("Etc/GMT-5" is five hours ahead of Greenwich)."""
    hours = round(lon / 15)
    return "Etc/UTC" if hours == 0 else f"Etc/GMT{'-' if hours > 0 else '+'}{abs(hours)}"

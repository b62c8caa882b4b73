"""What a filling of the example has made so far."""

from __future__ import annotations

from typing import Any

from shaar.engine.errors import InputError
from shaar.engine.progress import Progress
from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.places.models import Territory
from shaar.platform.propose.models import Decision, Measure


class Example:
    """One filling: the content, the people made so far, the measures by their keys."""

    def __init__(self, content: dict[str, Any], progress: Progress) -> None:
        self.content, self.progress = content, progress
        self.places = {one.code: one for one in Territory.objects.all()}
        self.root = Territory.objects.get(parent__isnull=True, until__isnull=True)
        self.people: dict[str, Person] = {}
        self.residents: list[Person] = []
        self.offices: dict[str, Organisation] = {}
        self.measures: dict[str, Measure] = {}
        self.decisions: dict[int, Decision] = {}

    def place(self, code: str) -> Territory:
        """A territory of the profile."""
        if code not in self.places:
            raise InputError(f"the example speaks of {code!r}, which is not among the places", field="place")
        return self.places[code]

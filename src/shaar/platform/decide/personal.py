"""What the room adds to a person's own pages: her applications, and where she has voted (never what)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts import registry

from .models import Participation
from .selectors.grant import own_applications


def _panel(person: Any) -> dict[str, Any] | None:
    found = list(own_applications(person)[:20])
    return {"applications": found} if found else None


def _export(person: Any) -> dict[str, Any]:
    return {
        "applications": [
            {
                "ref": one.ref,
                "title": one.measure.title,
                "text": one.text,
                "asked": str(one.asked),
                "status": one.status,
            }
            for one in own_applications(person)
        ],
        "voted": list(Participation.objects.filter(person=person).values_list("box__slug", flat=True)),
    }


def register() -> None:
    """Tell the room of accounts; called when the app is ready."""
    registry.register_panel(registry.Panel("applications", _("My applications"), "applications/panel.html", _panel, 30))
    registry.register_export("decide", _export)

"""What of this room belongs to a person: her objections, on her page and in her export."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts import registry

from .models import Contest


def register() -> None:
    """Tell the room of accounts; called when the app is ready. What was published stays, under "a resident"."""
    registry.register_panel(registry.Panel("contests", _("My objections"), "studies/me.html", _panel, order=45))
    registry.register_export("contests", _export)


def _panel(person: Any) -> dict[str, Any] | None:
    own = list(Contest.objects.filter(by=person).select_related("study").order_by("-at")[:20])
    return {"own": own} if own else None


def _export(person: Any) -> list[dict[str, Any]]:
    found = Contest.objects.filter(by=person).select_related("study").order_by("at")
    return [
        {"study": c.study.ref, "text": c.text, "at": c.at.isoformat(), "state": c.state, "answer": c.answer}
        for c in found
    ]

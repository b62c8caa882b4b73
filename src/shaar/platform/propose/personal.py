"""What of this room belongs to a person: a panel on her page, her part of an export, what an erasure takes away."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts import registry

from .models import Appeal, Comment, Draft, Measure, Support
from .selectors.measure import own_measures, supported_measures
from .services.draft import drop_draft


def register() -> None:
    """Tell the room of accounts; called when the app is ready."""
    registry.register_panel(registry.Panel("proposals", _("My proposals"), "proposals/me.html", _panel, order=20))
    registry.register_export("proposals", _export)
    registry.register_erasure("proposals", _erase)


def _panel(person: Any) -> dict[str, Any] | None:
    own, supported = list(own_measures(person)[:20]), list(supported_measures(person)[:20])
    draft = Draft.objects.filter(person=person).order_by("-at").first()
    if not own and not supported and draft is None:
        return None
    return {"own": own, "supported": supported, "draft": draft}


def _export(person: Any) -> dict[str, Any]:
    measures = Measure.objects.filter(author=person).order_by("ref")
    comments = Comment.objects.filter(author=person).select_related("measure").order_by("at")
    supports = Support.objects.filter(person=person).select_related("measure").order_by("at")
    return {
        "proposals": [
            {
                "ref": m.ref, "title": m.title, "text": m.text, "status": m.status, "address": m.address,
                "place": m.geometry, "benefits": m.benefits, "published_at": m.published_at.isoformat(),
                "versions": [
                    {"number": v.number, "title": v.title, "text": v.text, "at": v.at.isoformat()}
                    for v in m.versions.all()
                ],
            }
            for m in measures.prefetch_related("versions")
        ],
        "comments": [
            {"proposal": c.measure.ref, "stance": c.stance, "text": c.text, "at": c.at.isoformat(), "hidden": c.hidden}
            for c in comments
        ],
        "supports": [{"proposal": s.measure.ref, "at": s.at.isoformat()} for s in supports],
        "appeals": [{"text": a.text, "at": a.at.isoformat()} for a in Appeal.objects.filter(by=person).order_by("at")],
        "drafts": [draft.data for draft in Draft.objects.filter(person=person)],
    }  # fmt: skip


def _erase(person: Any) -> None:
    """Drafts go; what was published stays, under "a resident"."""
    for draft in Draft.objects.filter(person=person):
        drop_draft(acting=person, draft=draft)

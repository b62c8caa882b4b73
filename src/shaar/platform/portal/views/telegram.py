"""Where Telegram brings updates of the bot."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shaar.platform.kernel import telegram
from shaar.platform.kernel.gate import public


@public
@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Take one update. The secret that we told Telegram opens; the same update again changes nothing."""
    if not telegram.is_ours(request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")):
        return HttpResponse(status=403)
    try:
        update = json.loads(request.body)
    except ValueError:
        return HttpResponse(status=400)
    if isinstance(update, dict):
        telegram.handle(update)
    return HttpResponse(status=204)


urlpatterns = [path("telegram/", webhook, name="telegram")]

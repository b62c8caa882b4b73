"""Accounts as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Persons, organisations and roles."""

    name = "shaar.platform.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Tell the kernel how persons are reached, how their events read, and who follows a link to the bot."""
        from allauth.mfa.signals import authenticator_added

        from shaar.platform.kernel import notify, seeing, story, telegram
        from shaar.platform.places import policies as places
        from shaar.platform.places import succession

        from .policies import has_role, may_manage_people
        from .second_factor import set_up_now
        from .selectors import routes
        from .services.inheriting import pass_on_roles
        from .services.persons import tie_telegram
        from .stories import SENTENCES

        places.register(lambda person: has_role(person, "mayor", "admin"))
        succession.register("roles", pass_on_roles)
        notify.set_routes(routes)
        # The one way that allauth has to say it; what the site itself does is said by calls, never by signals.
        authenticator_added.connect(set_up_now, dispatch_uid="shaar.accounts.second_factor")
        story.register(SENTENCES)
        telegram.on_welcome(tie_telegram)
        seeing.register("accounts.person", lambda viewer, thing: viewer == thing or may_manage_people(viewer))
        seeing.register("accounts.role", lambda viewer, thing: viewer == thing.person or may_manage_people(viewer))

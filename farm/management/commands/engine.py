"""manage.py engine list | install NAME… | install --all"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from farm.engines import profiles
from farm.engines.installation import InstallationFailed, NotForThisMachine


class Command(BaseCommand):
    help = "Shows and installs the renderers of this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="what is offered and what is installed")
        installing = actions.add_parser("install", help="install a renderer into the user's cache folder")
        installing.add_argument("names", nargs="*", metavar="NAME", help="a profile, like blender-4.5")
        installing.add_argument("--all", action="store_true", help="every renderer that this machine can have")

    def handle(self, *args: Any, **options: Any) -> None:
        known = profiles.all_profiles()
        if options["action"] == "list":
            self._list()
            return
        names = list(known) if options["all"] else options["names"]
        if not names:
            raise CommandError(f"Say which to install: {', '.join(known)}, or --all.")
        failures = [failure for name in names if (failure := self._install(name, options["all"]))]
        if failures:
            raise CommandError("\n".join(failures))

    def _list(self) -> None:
        for profile in profiles.all_profiles().values():
            why = profile.installation.why_missing(profile)
            self.stdout.write(f"{profile.name:<15}{profile.software} {profile.version:<10}{why or profile.folder}")

    def _install(self, name: str, passes_over: bool) -> str:
        """Why it could not be installed; empty where it was, or is passed over as nothing for this machine."""
        profile = profiles.all_profiles().get(name)
        if profile is None:
            return f"There is no engine called {name}. Known ones: {', '.join(profiles.all_profiles())}."
        try:
            profile.installation.install(profile, self._say)
        except InstallationFailed as failure:
            if not (passes_over and isinstance(failure, NotForThisMachine)):
                return str(failure)
            self._say(str(failure))
        return ""

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

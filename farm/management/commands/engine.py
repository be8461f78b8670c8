"""manage.py engine list | install NAME…"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from farm.engines import profiles
from farm.engines.installation import InstallationFailed


class Command(BaseCommand):
    help = "Shows and installs the renderers of this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="what is offered and what is installed")
        installing = actions.add_parser("install", help="install a renderer into the user's cache folder")
        installing.add_argument("names", nargs="+", metavar="NAME", help="a profile, like blender-4.5")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "list":
            self._list()
        else:
            for name in options["names"]:
                self._install(name)

    def _list(self) -> None:
        for profile in profiles.all_profiles().values():
            where = str(profile.folder) if profile.is_installed else "not installed"
            self.stdout.write(f"{profile.name:<15}{profile.software} {profile.version:<10}{where}")

    def _install(self, name: str) -> None:
        profile = profiles.all_profiles().get(name)
        if profile is None:
            known = ", ".join(profiles.all_profiles())
            raise CommandError(f"There is no engine called {name}. Known ones: {known}.")
        try:
            profile.installation.install(profile, self._say)
        except InstallationFailed as failure:
            raise CommandError(str(failure)) from failure

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

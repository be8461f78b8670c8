"""`manage.py node`: this machine takes instances and renders them, until Ctrl-C."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from farm.node import identity, joining, station


class Command(BaseCommand):
    help = "Renders on this machine: claims instances of the farm's tasks, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default=settings.NODE_NAME, help="of the node; by itself it is the host's")
        parser.add_argument("--site", default=settings.NODE_SITE, help="where the machine stands")
        parser.add_argument("--slots", type=int, default=settings.NODE_SLOTS, help="instances at once")

    def handle(self, *args: Any, name: str, site: str, slots: int, **options: Any) -> None:
        try:
            joining.require(site, slots, self.stderr.write)
            sys.exit(station.run(joining.name_of(name), site, slots))
        except (joining.CannotJoin, identity.NameTaken, station.AlreadyRunning) as refusal:
            raise CommandError(str(refusal)) from refusal

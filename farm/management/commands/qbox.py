"""`manage.py qbox`: keeps a site's cache of staged objects. Each node runs one beside itself."""

import asyncio
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from farm.models import Site
from farm.qbox.keeping import Keeper


class Command(BaseCommand):
    help = "Keeps a site's cache of staged objects, or stands by while another process does. A node starts it itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", default=settings.NODE_SITE, help="whose nodes it serves")
        parser.add_argument("--name", default="by-hand", help="of the node it runs beside")
        parser.add_argument("--beside", type=int, default=os.getppid(), help="the process it ends with, its parent")

    def handle(self, *args: Any, site: str, name: str, beside: int, **options: Any) -> None:
        try:
            found = Site.objects.get(name=site)
        except Site.DoesNotExist:
            raise CommandError(f"There is no site “{site}” yet: its first node makes it.") from None
        try:
            asyncio.run(Keeper(found, name, beside).keep())
        except OSError as fault:
            raise CommandError(
                f"The Q.Box can't work here: {fault}. NODE_ADDRESS is an address of this machine, "
                f"QBOX_PORT a free port, QBOX_FOLDER ({settings.QBOX_FOLDER}) a folder that can be written."
            ) from fault

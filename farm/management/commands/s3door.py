"""`manage.py s3door`: serves the accounts' buckets to the SDK and to S3 tools."""

from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from farm.storage.door import application


class Command(BaseCommand):
    help = "Serves the accounts' buckets over S3 (access key: the e-mail; secret key: an API token)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default: this machine only).")
        parser.add_argument("--port", type=int, default=settings.S3_DOOR_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        uvicorn.run(
            application,
            host=options["host"],
            port=options["port"],
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
            ws="none",
        )

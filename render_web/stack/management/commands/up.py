"""`manage.py up`: the whole stack in one terminal, until Ctrl-C."""

import fcntl
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from honcho.manager import Manager

from accounts.first_operator import Credentials, ensure_first_operator
from farm import key_mark
from render_web.stack.output import StackLog
from render_web.stack.ports import PortTaken, require_free
from render_web.stack.processes import own_processes, remember_addresses, s3_store_port, stores
from render_web.stack.readiness import wait_until_ready

LEAST_FREE_BYTES = 2_000_000_000


class Command(BaseCommand):
    help = "Starts every process of Render Web and ends them all at Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        home: Path = settings.RENDER_HOME
        lock = self._take_home(home)
        self._check_ports()
        self._say("Preparing the database and the pages …")
        call_command("migrate", verbosity=0, interactive=False)
        key_mark.keep()
        call_command("collectstatic", verbosity=0, interactive=False)
        operator = ensure_first_operator()
        code = self._run(home, operator)
        lock.close()
        sys.exit(code)

    def _run(self, home: Path, operator: Credentials | None) -> int:
        log = StackLog(home / "logs" / "stack.log")
        manager = Manager(printer=log)
        embedded = stores()
        remember_addresses(embedded, home / "stack.env")
        given = {name: value for part in embedded for name, value in part.gives.items()}
        environment = {**os.environ, **given, "PYTHONUNBUFFERED": "1"}
        for part in [*embedded, *own_processes()]:
            manager.add_process(part.name, f"exec {part.command}", env={**environment, **part.environment})
        threading.Thread(target=self._announce, args=(operator, home), daemon=True).start()
        manager.loop()
        return self._end(manager, log, home)

    def _announce(self, operator: Credentials | None, home: Path) -> None:
        self._say("Starting …")
        wait_until_ready(self._say)
        self._say(f"\nRender Web is ready: {settings.PUBLIC_URL}")
        if operator:
            self._say(f"  e-mail    {operator.email}\n  password  {operator.password}   (shown this once)")
        self._say(f"  S3 for scripts and tools: {settings.S3_DOOR_URL}\n  log: {home / 'logs' / 'stack.log'}")
        self._say("Ctrl-C ends it; everything is kept.\n")

    def _end(self, manager: Manager, log: StackLog, home: Path) -> int:
        code = manager.returncode or 0
        if code in (130, 143):
            self._say("Stopped. Everything is kept.")
            return 0
        if log.first_ended:
            self._say(f"\nThe process “{log.first_ended}” ended by itself (code {code}). Its last lines:")
            self._say("\n".join(f"  {line}" for line in log.last_lines(log.first_ended)))
        self._say(f"The whole log: {home / 'logs' / 'stack.log'}")
        return code or 1

    def _take_home(self, home: Path) -> TextIO:
        """Refuses a second stack over the same data, and a disk without room."""
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (home / "stack.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as refusal:
            raise CommandError(f"Render Web already runs over {home}: use it, or set RENDER_HOME.") from refusal
        if shutil.disk_usage(home).free < LEAST_FREE_BYTES:
            raise CommandError(f"The disk of {home} has less than 2 GB free: make room, or set RENDER_HOME.")
        return lock

    def _check_ports(self) -> None:
        try:
            require_free(settings.PORT, "the pages", "PORT")
            require_free(settings.S3_DOOR_PORT, "S3 for accounts", "S3_DOOR_PORT")
            if settings.EMBEDDED_S3:
                require_free(s3_store_port(), "the S3 store", "S3_STORE_PORT")
        except PortTaken as taken:
            raise CommandError(str(taken)) from taken

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

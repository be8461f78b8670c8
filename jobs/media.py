"""Where our own pictures lie (thumbnails, previews): django-storages over S3, with one connection a process."""

import threading
from types import SimpleNamespace
from typing import Any

from storages.backends.s3 import S3Storage


class MediaStorage(S3Storage):
    """The original keeps a connection a thread. Under ASGI every request has a new thread, so that each picture of a
    wall would build a boto3 session before its redirect: 0.27 s of processor instead of a millisecond."""

    _making = threading.Lock()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._connections = SimpleNamespace()

    @property
    def connection(self) -> Any:
        with self._making:
            return super().connection

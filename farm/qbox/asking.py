"""A node asks its site's Q.Box. Whatever goes wrong, the answer is no, and the object comes from the store."""

import logging
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

from farm.qbox import lease
from farm.qbox import want as wants
from farm.qbox.address import ADVICE, is_out_of_reach
from farm.qbox.want import Want

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
SILENCE_SECONDS = 15.0
"""One that sends nothing for so long is not waited for."""
_PIECE_BYTES = 1 << 20
_IF_ELSEWHERE = "Only its keeper's own machine reaches it there; is this another one?"


class Nearby:
    """The Q.Box of a site, for one staging. Safe in threads."""

    def __init__(self, address: str) -> None:
        """`address`: host:port."""
        self._address = address
        self._is_out = False

    def fetch(self, want: Want, path: Path, on_bytes: Callable[[int], None] | None) -> bool:
        """Writes the object there. False where it did not: then nothing lies there. Never raises."""
        if self._is_out:
            return False
        try:
            return self._fetch(want, path, on_bytes)
        except (OSError, HTTPException) as fault:
            self._is_out = True  # once is enough to learn it: a scene may have thousands of files
            hint = f". {_IF_ELSEWHERE} {ADVICE}" if is_out_of_reach(self._address) else ""
            log.warning("the Q.Box at %s is not asked again for this scene: %s%s", self._address, fault, hint)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return False

    def _fetch(self, want: Want, path: Path, on_bytes: Callable[[int], None] | None) -> bool:
        header = wants.signed(want)
        connection = HTTPConnection(self._address, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
            connection.sock.settimeout(SILENCE_SECONDS)
            connection.request("GET", wants.PATH, headers={wants.HEADER: header})
            answer = connection.getresponse()
            if answer.status != 200:
                return False
            if not wants.is_proof(answer.getheader(wants.PROOF_HEADER, ""), header):
                raise ConnectionError("what answers there is not of this farm")
            _write(answer, want.size, path, on_bytes)
            return True
        finally:
            connection.close()


def _write(answer: HTTPResponse, size: int, path: Path, on_bytes: Callable[[int], None] | None) -> None:
    """Raises OSError, also where there is less than the whole."""
    piece = memoryview(bytearray(min(_PIECE_BYTES, size)))
    left = size
    with path.open("wb") as file:
        while left:
            count = answer.readinto(piece[:left])
            if not count:
                raise ConnectionError(f"it broke off {left} bytes before the end")
            file.write(piece[:count])
            left -= count
            if on_bytes:
                on_bytes(count)


def nearby(site_id: int) -> Nearby | None:
    """The site's Q.Box, if one holds the lease. Raises DatabaseError."""
    address = lease.live_address(site_id)
    return Nearby(address) if address else None

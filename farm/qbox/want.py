"""What a node asks a Q.Box for, signed with the key that all machines of the farm share.

The answer is signed too: a node believes no one who took a Q.Box's port after it.
"""

import hashlib
import json
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare

PATH = "/object"
HEADER = "X-QBox-Want"
PROOF_HEADER = "X-QBox-Proof"
VALID_SECONDS = 300
"""Clocks of a site's machines may differ by this much."""

_REQUEST_SALT = "farm.qbox.want"
_ANSWER_SALT = "farm.qbox.proof"


class Refused(Exception):
    """Not signed with the farm's key, too long ago, or not a want at all."""


class Want(NamedTuple):
    """One object of one account as it was listed: other bytes have another ETag."""

    account_id: int
    bucket: str
    key: str
    etag: str
    size: int
    """Bytes."""

    @property
    def name(self) -> str:
        """Of its file in the cache: tells nothing of whose it is, and can be no path."""
        return hashlib.sha256(json.dumps(self).encode()).hexdigest()


def signed(want: Want) -> str:
    """The want as a header's value."""
    return signing.dumps(want, key=settings.TOKEN_KEY, salt=_REQUEST_SALT)


def opened(header: str) -> Want:
    """Raises Refused."""
    try:
        account_id, bucket, key, etag, size = signing.loads(
            header, key=settings.TOKEN_KEY, salt=_REQUEST_SALT, max_age=VALID_SECONDS
        )
        return Want(int(account_id), str(bucket), str(key), str(etag), int(size))
    except (signing.BadSignature, ValueError, TypeError) as fault:
        raise Refused from fault


def proof_of(header: str) -> str:
    """What only a machine of this farm can answer to that header."""
    return signing.Signer(key=settings.TOKEN_KEY, salt=_ANSWER_SALT).signature(header)


def is_proof(answered: str, header: str) -> bool:
    return constant_time_compare(answered, proof_of(header))

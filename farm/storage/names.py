"""Which bucket names and object keys are taken, and where they lie in the backing bucket.

A key becomes a path below the account's prefix, and some stores keep objects as files of a
tree, where `..` climbs, `//` collapses and `\\` is a slash. Such keys are refused before anything is signed.
"""

import re
import unicodedata
from urllib.parse import quote

KEY_BYTES_MAX = 900
"""S3 takes 1024 for the whole key; the rest is for the prefix."""

_BUCKET_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


class BadBucketName(ValueError):
    """The sentence says which names are taken."""


class BadKey(ValueError):
    """The sentence says what is wrong with the key."""


def check_bucket_name(name: str) -> str:
    """The name as it came, or BadBucketName. Upper case, `_` and one letter are welcome."""
    if not _BUCKET_NAME.fullmatch(name):
        raise BadBucketName(
            "A bucket's name has 1 to 255 letters, digits, dots, dashes and underscores, "
            "and starts with a letter, a digit or an underscore."
        )
    return name


def check_key(key: str) -> str:
    """The key as it came, or BadKey. A trailing `/` (a folder's mark) is welcome."""
    if not key or len(key.encode("utf-8", "surrogatepass")) > KEY_BYTES_MAX:
        raise BadKey(f"A key has 1 to {KEY_BYTES_MAX} bytes.")
    if "" in key.removesuffix("/").split("/"):
        raise BadKey("A key can't begin with a slash or hold two in a row.")
    return check_beginning(key)


def check_beginning(text: str) -> str:
    """What a key may begin with (the prefix of a search), or BadKey."""
    if _NOT_IN_XML.search(text):
        raise BadKey("A key can't hold control characters.")
    if "\\" in text:
        raise BadKey("A key can't hold a backslash: write folders with “/”.")
    if any(segment in (".", "..") for segment in text.split("/")):
        raise BadKey("A key can't hold “.” or “..” between its slashes.")
    return text


def can_be_shown(text: str) -> bool:
    """Nothing unseen in it: controls, marks of direction, private characters. A Mac's narrow space is a space."""
    return not any(unicodedata.category(character) in _UNSEEN for character in text)


def object_prefix(account_id: int, bucket_name: str) -> str:
    """Where the objects of an account's bucket lie in the backing bucket."""
    return f"accounts/{account_id}/{quote(check_bucket_name(bucket_name), safe='')}/"

"""What a file is by its first bytes, before anything tries to read it."""

MAGIC_BYTES = 512
GZIP, ZSTD, BLENDER = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BLENDER"
_ZSTD_SKIPPABLE = tuple(bytes([low, 0x2A, 0x4D, 0x18]) for low in range(0x50, 0x60))
_LOOKS = (
    (b"PK\x03\x04", ": it looks like a zip whose name was changed"),
    (b"\x89PNG", ": it is a PNG picture"),
    (b"\xff\xd8\xff", ": it is a JPEG picture"),
    (b"%PDF", ": it is a PDF"),
    (b"<", ": it looks like a web page, perhaps of the place it was to be downloaded from"),
)


def looks_of(head: bytes) -> str:
    """What a file that is no scene seems to be, as the end of a sentence; empty where nobody can tell."""
    return next((words for magic, words in _LOOKS if head.lstrip().startswith(magic)), "")


def refusal(name: str, head: bytes) -> dict[str, str] | None:
    """The problem with a .blend that begins with `head`; None for one that may be a scene."""
    if not head:
        return {"id": "empty_file", "file": name}
    if head.startswith(b"version https://git-lfs"):
        return {"id": "git_lfs_pointer", "file": name}
    if head.startswith((GZIP, ZSTD, BLENDER, *_ZSTD_SKIPPABLE)):
        return None
    return {"id": "not_a_blend", "file": name, "looks": looks_of(head)}

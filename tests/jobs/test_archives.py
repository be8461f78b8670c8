"""Zips that lie, or are broken inside, are refused in words before they cost memory."""

import io
import struct
import zipfile

import pytest

from jobs.buckets import bucket_of
from jobs.domain import archives


def zipped(method=zipfile.ZIP_STORED, **files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return bytearray(content.getvalue())


def refusal(alice, content):
    bucket = bucket_of(alice, "scenes")
    bucket.put("s/a.zip", bytes(content))
    with pytest.raises(archives.ArchiveRefused) as refused:
        archives.unpack(bucket, "s/a.zip", len(content), "s/", lambda: None)
    return refused.value.problem["id"]


@pytest.mark.parametrize(("place", "form", "lie"), [(10, "<H", 20_001), (12, "<I", archives.MOST_DIRECTORY_BYTES + 1)])
def test_a_list_of_contents_that_is_too_long_is_not_read(alice, store, place, form, lie):
    content = zipped(a="x")
    struct.pack_into(form, content, content.rindex(b"PK\x05\x06") + place, lie)

    assert refusal(alice, content) == "zip_too_many_files"


def test_neither_is_one_whose_length_only_the_large_record_says(alice, store):
    content = zipped(a="x")
    end = content.rindex(b"PK\x05\x06")
    large = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    pointer = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    content[end:end] = large + pointer
    struct.pack_into("<I", content, content.rindex(b"PK\x05\x06") + 12, 0xFFFFFFFF)

    assert refusal(alice, content) == "zip_too_many_files"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_member_that_is_broken_inside_is_a_damaged_zip(alice, store, method):
    content = zipped(method, **{"a.blend": "BLENDER" * 5000})
    inside = content.index(b"a.blend") + 7 + (9 if method == zipfile.ZIP_LZMA else 0)
    content[inside : inside + 16] = b"\xff" * 16

    assert refusal(alice, content) == "zip_damaged"

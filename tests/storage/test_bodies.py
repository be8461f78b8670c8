"""Bodies: what was tampered with, cut, or is not what it says never becomes an object."""

import base64
import hashlib
import hmac
import http.client
import socket
import zlib
from urllib.parse import urlsplit

import pytest
from anycrc import Model

from tests.storage.people import refusal

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_WITH_TRAILER = f"{SIGNED}-TRAILER"
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
PIECES = [b"a" * 70_000, b"b" * 65_536, b"end"]
WHOLE = b"".join(PIECES)
WHOLE_LENGTH = len(WHOLE)
CHECKSUMS = {
    "crc32": zlib.crc32(WHOLE).to_bytes(4, "big"),
    "crc32c": Model("CRC32C").calc(WHOLE).to_bytes(4, "big"),
    "crc64nvme": Model("CRC64-NVME").calc(WHOLE).to_bytes(8, "big"),
    "sha1": hashlib.sha1(WHOLE).digest(),
    "sha256": hashlib.sha256(WHOLE).digest(),
}


@pytest.fixture
def bucket(alice):
    alice.put("IN", "scene.blend", b"before")
    return "IN"


def unsigned_chunks(trailer=""):
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*PIECES])
    return framed + b"0\r\n" + (f"{trailer}\r\n".encode() if trailer else b"") + b"\r\n"


def streamed(person, body, payload_hash, headers=(), decoded_length=WHOLE_LENGTH):
    headers = {"x-amz-decoded-content-length": str(decoded_length), "content-encoding": "aws-chunked", **dict(headers)}
    return person.raw("PUT", "/IN/scene.blend", body, headers, payload_hash=payload_hash)


def with_checksum(person, algorithm, value, body=None):
    name = f"x-amz-checksum-{algorithm}"
    trailer = f"{name}:{base64.b64encode(value).decode()}"
    return streamed(person, body or unsigned_chunks(trailer), TRAILER, {"x-amz-trailer": name})


def test_a_body_that_is_not_the_one_signed_is_refused_and_the_old_file_stays(alice, bucket):
    answer = alice.raw("PUT", "/IN/scene.blend", b"evil!!", payload_hash=hashlib.sha256(b"scene!").hexdigest())

    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert alice.bytes_of("IN", "scene.blend") == b"before"


def test_a_large_tampered_body_leaves_nothing(alice, bucket):
    answer = alice.raw("PUT", "/IN/new.blend", b"x" * 3_000_000, payload_hash=hashlib.sha256(b"y").hexdigest())

    assert answer.code == "XAmzContentSHA256Mismatch"
    assert alice.keys("IN") == ["scene.blend"]


def test_an_empty_body_instead_of_the_signed_one_is_refused(alice, bucket):
    answer = alice.raw("PUT", "/IN/scene.blend", b"", payload_hash=hashlib.sha256(b"y").hexdigest())

    assert answer.code == "XAmzContentSHA256Mismatch"
    assert alice.bytes_of("IN", "scene.blend") == b"before"


def test_a_hash_that_is_none_is_refused(alice, bucket):
    assert alice.raw("PUT", "/IN/scene.blend", b"x", payload_hash="nonsense").code == "InvalidArgument"
    assert alice.raw("PUT", "/IN/scene.blend", b"x", payload_hash="STREAMING-NONSENSE").code == "NotImplemented"


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_a_checksum_in_the_head_is_checked(alice, bucket, algorithm):
    good = {f"x-amz-checksum-{algorithm}": base64.b64encode(CHECKSUMS[algorithm]).decode()}

    assert alice.raw("PUT", "/IN/scene.blend", WHOLE[:-1] + b"!", good).code == "BadDigest"
    assert alice.bytes_of("IN", "scene.blend") == b"before"
    assert alice.raw("PUT", "/IN/scene.blend", WHOLE, good).status == 200
    assert alice.bytes_of("IN", "scene.blend") == WHOLE


def test_content_md5_is_checked(alice, bucket):
    wrong = {"content-md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}

    assert alice.raw("PUT", "/IN/scene.blend", WHOLE, wrong).code == "BadDigest"
    assert alice.raw("PUT", "/IN/scene.blend", WHOLE, {"content-md5": "?"}).code == "InvalidRequest"
    assert alice.bytes_of("IN", "scene.blend") == b"before"


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_a_checksum_behind_the_bytes_is_checked(alice, bucket, algorithm):
    assert with_checksum(alice, algorithm, b"\0" * len(CHECKSUMS[algorithm])).code == "BadDigest"
    assert alice.bytes_of("IN", "scene.blend") == b"before"
    assert with_checksum(alice, algorithm, CHECKSUMS[algorithm]).status == 200
    assert alice.bytes_of("IN", "scene.blend") == WHOLE
    assert "ContentEncoding" not in alice.s3.head_object(Bucket="IN", Key="scene.blend")


def test_a_promised_checksum_that_never_comes_is_a_wrong_one(alice, bucket):
    assert with_checksum(alice, "crc32", b"", body=unsigned_chunks()).code == "BadDigest"
    assert alice.bytes_of("IN", "scene.blend") == b"before"


def test_the_newer_clients_default_of_a_checksum_with_every_upload_works(alice, bucket):
    client = alice.client(request_checksum_calculation="when_supported", response_checksum_validation="when_supported")

    client.put_object(Bucket="IN", Key="scene.blend", Body=WHOLE)

    assert client.get_object(Bucket="IN", Key="scene.blend")["Body"].read() == WHOLE


def signed_chunks(person, request_headers, pieces=PIECES, trailer=None):
    """As the AWS SDKs sign them: each chunk's signature takes in the one before."""
    authorization, date = request_headers["Authorization"], request_headers["X-Amz-Date"]
    scope = authorization.split("Credential=")[1].split(",")[0].rsplit("/", 4)[1:]
    key = b"AWS4" + person.secret.encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    previous, nothing = authorization.rsplit("Signature=")[1], hashlib.sha256(b"").hexdigest()

    def sign(kind, *hashes):
        text = "\n".join([kind, date, "/".join(scope), previous, *hashes])
        return hmac.new(key, text.encode(), "sha256").hexdigest()

    body = b""
    for piece in [*pieces, b""]:
        previous = sign("AWS4-HMAC-SHA256-PAYLOAD", nothing, hashlib.sha256(piece).hexdigest())
        body += b"%x;chunk-signature=%s\r\n%s" % (len(piece), previous.encode(), piece + b"\r\n" if piece else b"")
    if trailer:
        signature = sign("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(f"{trailer}\n".encode()).hexdigest())
        body += f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n".encode()
    return body + b"\r\n"


def stream_signed(person, tamper=lambda body: body, trailer=None):
    """The head is signed first, as the chunks' signatures begin with its own."""
    headers = {"x-amz-decoded-content-length": str(len(WHOLE)), "content-encoding": "aws-chunked"}
    headers |= {"x-amz-trailer": trailer.partition(":")[0]} if trailer else {}
    signed = person.signed("PUT", "/IN/scene.blend", headers, SIGNED_WITH_TRAILER if trailer else SIGNED)
    return person.send("PUT", "/IN/scene.blend", tamper(signed_chunks(person, signed, trailer=trailer)), signed)


def test_signed_chunks_are_taken(alice, bucket):
    assert stream_signed(alice).status == 200
    assert alice.bytes_of("IN", "scene.blend") == WHOLE


def test_signed_chunks_with_a_signed_checksum_are_taken(alice, bucket):
    trailer = f"x-amz-checksum-crc32:{base64.b64encode(CHECKSUMS['crc32']).decode()}"

    assert stream_signed(alice, trailer=trailer).status == 200
    assert alice.bytes_of("IN", "scene.blend") == WHOLE


@pytest.mark.parametrize("piece", [b"a", b"b", b"end"])
def test_a_tampered_chunk_is_refused(alice, bucket, piece):
    answer = stream_signed(alice, lambda body: body.replace(piece * 3 if piece != b"end" else piece, b"xxx", 1))

    assert answer.code == "SignatureDoesNotMatch"
    assert alice.bytes_of("IN", "scene.blend") == b"before"


def test_a_tampered_trailer_is_refused(alice, bucket):
    trailer = f"x-amz-checksum-crc32:{base64.b64encode(CHECKSUMS['crc32']).decode()}"

    answer = stream_signed(alice, lambda body: body.replace(b"trailer-signature:", b"trailer-signature:0"), trailer)

    assert answer.code == "SignatureDoesNotMatch"
    assert alice.bytes_of("IN", "scene.blend") == b"before"


NO_FIVE_BYTES = [
    b"",
    b"xyz\r\n",
    b"-5\r\nabcde\r\n",
    b"5\r\nabc",
    b"3\r\nabcde\r\n",
    b"f" * 5000,
    b"0\r\n\r\n",
    b"3\r\nabc\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("body", NO_FIVE_BYTES)
def test_chunks_that_are_broken_are_refused(alice, bucket, body):
    assert streamed(alice, body, TRAILER, decoded_length=5).status == 400
    assert alice.bytes_of("IN", "scene.blend") == b"before"


@pytest.mark.parametrize("length", ["", "-1", "x", "9" * 5000])
def test_a_length_that_makes_no_sense_is_refused(alice, bucket, length):
    assert streamed(alice, unsigned_chunks(), TRAILER, decoded_length=length).status in (400, 411)


def test_more_than_five_gigabytes_in_one_piece_is_refused_before_a_byte_is_sent(alice, bucket):
    signed = alice.signed("PUT", "/IN/scene.blend", {}, "UNSIGNED-PAYLOAD")
    connection = http.client.HTTPConnection(urlsplit(alice.door).netloc, timeout=10)
    connection.putrequest("PUT", "/IN/scene.blend", skip_host=True)
    for name, value in {**signed, "Content-Length": str(5 * 1024**3 + 1), "Expect": "100-continue"}.items():
        connection.putheader(name, value)
    connection.endheaders()

    answer = connection.getresponse()

    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert b"send the file in parts" in answer.read()
    connection.close()


def test_an_upload_without_a_length_is_refused(alice, bucket):
    signed = alice.signed("PUT", "/IN/scene.blend", {}, "UNSIGNED-PAYLOAD")
    connection = http.client.HTTPConnection(urlsplit(alice.door).netloc, timeout=10)
    headers = {**signed, "Transfer-Encoding": "chunked"}
    connection.request("PUT", "/IN/scene.blend", iter([b"a"]), headers, encode_chunked=True)

    assert connection.getresponse().status == 411
    connection.close()


def test_an_upload_cut_in_the_middle_leaves_the_old_file(alice, bucket):
    signed = alice.signed("PUT", "/IN/scene.blend", {}, "UNSIGNED-PAYLOAD")
    address = urlsplit(alice.door)
    with socket.create_connection((address.hostname, address.port)) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in {**signed, "Content-Length": "1000000"}.items())
        connection.sendall(f"PUT /IN/scene.blend HTTP/1.1\r\n{head}\r\n".encode() + b"x" * 600_000)

    for _ in range(20):
        assert alice.bytes_of("IN", "scene.blend") == b"before"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Delete><Object><Key>a</Key>",
        b"<Delete/>",
        b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><Delete/>'.encode("utf-16"),
    ],
)
def test_xml_that_is_broken_or_hostile_is_refused(alice, bucket, body):
    assert alice.raw("POST", "/IN?delete=", body).code == "MalformedXML"
    assert alice.keys("IN") == ["scene.blend"]


def test_a_tampered_list_of_keys_deletes_nothing(alice, bucket):
    order = b"<Delete><Object><Key>scene.blend</Key></Object></Delete>"

    answer = alice.raw("POST", "/IN?delete=", order, payload_hash=hashlib.sha256(b"other").hexdigest())

    assert answer.code == "XAmzContentSHA256Mismatch"
    assert alice.keys("IN") == ["scene.blend"]


def test_wishes_that_can_not_be_kept_are_refused(alice, bucket):
    named = {"Bucket": "IN", "Key": "scene.blend", "Body": b"x"}

    assert refusal(alice.s3.put_object, ServerSideEncryption="AES256", **named) == (501, "NotImplemented")
    assert alice.bytes_of("IN", "scene.blend") == b"before"

"""People with an account, a token, and S3 clients made of the two."""

import hashlib
import http.client
import re
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from accounts.models import Account
from accounts.tokens import make_token


class _AsGiven(S3SigV4Auth):
    def payload(self, request):
        return request.headers["X-Amz-Content-SHA256"]

    def _modify_request_before_signing(self, request):
        given = request.headers["X-Amz-Content-SHA256"]
        super()._modify_request_before_signing(request)
        request.headers.replace_header("X-Amz-Content-SHA256", given)


class RawAnswer(NamedTuple):
    status: int
    body: bytes
    headers: dict

    @property
    def code(self):
        found = re.search(rb"<Code>(.*?)</Code>", self.body)
        return found and found[1].decode()


def sent(door, method, path, body=b"", headers=()):
    connection = http.client.HTTPConnection(urlsplit(door).netloc, timeout=30)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return RawAnswer(answer.status, answer.read(), dict(answer.getheaders()))
    finally:
        connection.close()


class Person:
    """An account with a token, and boto3's clients with the two at the door."""

    def __init__(self, email, door):
        self.account = Account.objects.create_user(email)
        self.token, self.secret = make_token(self.account, "script")
        self.email, self.door = email, door
        self.s3 = self.client()

    def client(self, *, access_key=None, secret=None, region="us-east-1", **config):
        return boto3.client(
            "s3",
            endpoint_url=self.door,
            aws_access_key_id=access_key or self.email,
            aws_secret_access_key=secret or self.secret,
            region_name=region,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                **{"request_checksum_calculation": "when_required", "signature_version": "s3v4", **config},
            ),
        )

    def put(self, bucket, key, body=b"bytes", **options):
        self.s3.create_bucket(Bucket=bucket)
        return self.s3.put_object(Bucket=bucket, Key=key, Body=body, **options)

    def bytes_of(self, bucket, key):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def raw(self, method, path, body=b"", headers=(), *, payload_hash=None, signed_path=None):
        """Signed by the book, sent byte for byte: no client that cleans paths in between."""
        payload_hash = payload_hash or hashlib.sha256(body).hexdigest()
        return self.send(method, path, body, self.signed(method, signed_path or path, headers, payload_hash))

    def signed(self, method, path, headers, payload_hash):
        """The headers of a request, with its signature."""
        request = AWSRequest(method, self.door + path, headers={**dict(headers), "X-Amz-Content-SHA256": payload_hash})
        _AsGiven(Credentials(self.email, self.secret), "s3", "anywhere").add_auth(request)
        return {**request.headers, "host": urlsplit(self.door).netloc}

    def send(self, method, path, body, headers):
        return sent(self.door, method, path, body, headers)

    def keys(self, bucket, **query):
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket, **query).get("Contents", [])]


def refusal(call, **arguments):
    """(status, code) of the refusal, or the test fails."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]

"""Buckets: every account has its own names, as typed."""

import pytest
from botocore.exceptions import ClientError

from farm.models import Bucket


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"] | {"status": refused.value.response["ResponseMetadata"]["HTTPStatusCode"]}


@pytest.mark.parametrize("name", ["INPUT_BUCKET", "b", "with.dots-and_more", "0" * 255])
def test_a_bucket_keeps_its_name_as_typed(alice, name):
    alice.s3.create_bucket(Bucket=name)

    assert [bucket["Name"] for bucket in alice.s3.list_buckets()["Buckets"]] == [name]
    assert Bucket.objects.get().name == name

"""The SDK's own bucket tests, which run against a make-believe S3, run against the S3 door instead."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests import sdk_source

NO_MAKE_BELIEVE = '''"""Stands where moto does: the tests keep to the store that the environment names."""


def mock_aws(test):
    return test
'''
ON_REAL_HTTP_IMPOSSIBLE = {"test_missing_bucket_when_downloading_file"}
"""An answer to HEAD has no body, so boto3 can't learn that it is the bucket that is missing."""


@pytest.fixture(scope="module")
def bucket_tests():
    try:
        return sdk_source.folder() / "test" / "test_bucket.py"
    except subprocess.CalledProcessError as fault:
        pytest.skip(f"pip can't fetch the SDK's source here: {fault.stderr.decode()[-300:]}")


@pytest.fixture
def outcomes(alice, bucket_tests, tmp_path):
    """The names of the tests, and of those that failed."""
    (tmp_path / "moto.py").write_text(NO_MAKE_BELIEVE)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "AWS_ENDPOINT_URL_S3": alice.door,
        "AWS_ACCESS_KEY_ID": alice.email,
        "AWS_SECRET_ACCESS_KEY": alice.secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        # The SDK's sync walks sets of names: with one seed in some it copies twice what its test counts once.
        "PYTHONHASHSEED": "0",
    }
    alone = ["-p", "no:django", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull]
    command = [sys.executable, "-m", "pytest", *alone, "--junitxml=report.xml", str(bucket_tests)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    cases = ElementTree.parse(tmp_path / "report.xml").iter("testcase")
    ended_well = {case.get("name"): not len(case) for case in cases}
    return set(ended_well), {name for name, is_well in ended_well.items() if not is_well}, done.stdout


def test_they_pass_but_for_the_one_that_real_http_does_not_allow(outcomes):
    names, failed, printed = outcomes

    assert len(names) == 10
    assert failed == ON_REAL_HTTP_IMPOSSIBLE, printed


def test_they_leave_nothing_but_the_bucket_they_never_delete(outcomes, alice):
    assert [bucket["Name"] for bucket in alice.s3.list_buckets()["Buckets"]] == ["dolly"]
    assert alice.keys("dolly") == ["local1", "local2"]

"""What is copied from the account page works as it stands, against the real door of the buckets."""

import os
import shutil
import subprocess
import sys

import pytest

from accounts import snippets, tokens
from accounts.models import Account
from tests.storage.conftest import door, door_process  # noqa: F401

pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person(door, settings):  # noqa: F811
    settings.S3_DOOR_URL = door
    return Account.objects.create_user("o'hara+render@example.org", "x")


def snippet(account, title):
    _, text = tokens.make_token(account, "laptop")
    return next(one.text for one in snippets.s3_snippets(account, text) if one.title == title)


def run(command, folder):
    (folder / "scene.blend").write_bytes(b"BLENDER")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_boto3_snippet_puts_the_scene_into_the_accounts_bucket(person, tmp_path):
    said = run([sys.executable, "-c", snippet(person, "boto3")], tmp_path)

    assert said.strip() == "['scene.blend']"


@pytest.mark.parametrize("tool", ["aws", "rclone"])
def test_the_shell_snippets_put_the_scene_into_the_accounts_bucket(person, tmp_path, tool):
    if not shutil.which(tool):
        pytest.skip(f"{tool} isn't on this machine")

    assert "scene.blend" in run(["bash", "-e", "-c", snippet(person, tool)], tmp_path)


@pytest.mark.parametrize("tool", ["aws", "rclone"])
def test_the_shell_reads_the_snippets_as_they_are_meant(person, tmp_path, tool):
    calls = f'{tool}() {{ echo "$AWS_ACCESS_KEY_ID$RCLONE_CONFIG_RENDER_ACCESS_KEY_ID: $*"; }}\n'

    said = run(["bash", "-e", "-c", calls + snippet(person, tool)], tmp_path)

    assert all(line.startswith("o'hara+render@example.org: ") for line in said.splitlines())
    assert "INPUT_BUCKET" in said

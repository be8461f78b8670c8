"""Scripts and settings that are copied from the account page and work as they stand."""

import shlex
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Account

PLACEHOLDER = "YOUR_TOKEN"
EXAMPLE_BUCKET = "INPUT_BUCKET"


@dataclass(frozen=True)
class Snippet:
    id: str
    title: str
    text: str


def python_script(token: str) -> Snippet:
    """The first render of a technical director: a scene of the current folder, four frames, the pictures in `out`."""
    text = f'''\
# pip install qarnot
import qarnot

conn = qarnot.Connection(client_token="{token}", cluster_url="{settings.PUBLIC_URL}/farm")
task = conn.create_task("my first render", "blender-4.5", 0)
task.advanced_range = "1-4"

bucket = conn.retrieve_or_create_bucket("{EXAMPLE_BUCKET}")
bucket.add_file("scene.blend")
task.resources.append(bucket)
task.results = conn.create_bucket("BUCKET_OUT")
task.constants["BLEND_FILE"] = "scene.blend"

task.submit()
task.wait()
print(task.fresh_stdout())
task.download_results("out")
'''
    return Snippet("script", "Python", text)


def s3_settings(account: Account, token: str) -> list[Snippet]:
    """What every S3 tool asks for, one value each."""
    return [
        Snippet("s3-endpoint", "Endpoint", settings.S3_DOOR_URL),
        Snippet("s3-access-key", "Access key", account.email),
        Snippet("s3-secret", "Secret key", token),
        Snippet("s3-bucket", "Bucket", EXAMPLE_BUCKET),
        Snippet("s3-region", "Region", settings.S3_REGION),
    ]


def s3_snippets(account: Account, token: str) -> list[Snippet]:
    return [_aws(account, token), _rclone(account, token), _boto3(account, token)]


def _aws(account: Account, token: str) -> Snippet:
    text = f"""\
export AWS_ACCESS_KEY_ID={shlex.quote(account.email)}
export AWS_SECRET_ACCESS_KEY={token}
export AWS_DEFAULT_REGION={settings.S3_REGION}
export AWS_ENDPOINT_URL={settings.S3_DOOR_URL}
aws s3 mb s3://{EXAMPLE_BUCKET}
aws s3 cp scene.blend s3://{EXAMPLE_BUCKET}/
aws s3 ls s3://{EXAMPLE_BUCKET}/
"""
    return Snippet("aws", "aws", text)


def _rclone(account: Account, token: str) -> Snippet:
    text = f"""\
export RCLONE_CONFIG_RENDER_TYPE=s3
export RCLONE_CONFIG_RENDER_PROVIDER=Other
export RCLONE_CONFIG_RENDER_ENDPOINT={settings.S3_DOOR_URL}
export RCLONE_CONFIG_RENDER_ACCESS_KEY_ID={shlex.quote(account.email)}
export RCLONE_CONFIG_RENDER_SECRET_ACCESS_KEY={token}
rclone copy scene.blend render:{EXAMPLE_BUCKET}
rclone ls render:{EXAMPLE_BUCKET}
"""
    return Snippet("rclone", "rclone", text)


def _boto3(account: Account, token: str) -> Snippet:
    text = f"""\
# pip install boto3
import boto3
from botocore.config import Config

s3 = boto3.client(
    "s3",
    endpoint_url="{settings.S3_DOOR_URL}",
    aws_access_key_id={account.email!r},
    aws_secret_access_key="{token}",
    region_name="{settings.S3_REGION}",
    config=Config(s3={{"addressing_style": "path"}}),
)
s3.create_bucket(Bucket="{EXAMPLE_BUCKET}")
s3.upload_file("scene.blend", "{EXAMPLE_BUCKET}", "scene.blend")
print([file["Key"] for file in s3.list_objects_v2(Bucket="{EXAMPLE_BUCKET}").get("Contents", [])])
"""
    return Snippet("boto3", "boto3", text)

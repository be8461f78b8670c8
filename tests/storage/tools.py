"""The same acts by three tools, each set up as its documentation says, with an e-mail and a token as the two keys."""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests import s3_tools

MEBIBYTES_A_PART = 5


class Refused(Exception):
    """The tool ended with an error; the text is what it printed."""


class Tool:
    """`person` works with it at the door; `secret` is another than their token where given."""

    def __init__(self, person, home: Path, secret: str = "") -> None:
        self.person, self.home = person, home
        self.access_key, self.secret = person.email, secret or person.secret
        home.mkdir(exist_ok=True)

    def run(self, *arguments: str, **environment: str) -> str:
        base = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(arguments, env=base | environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Refused(done.stdout + done.stderr)
        return done.stdout


class S3cmd(Tool):
    def do(self, *arguments: str) -> str:
        host = urlsplit(self.person.door).netloc
        settings = {
            "access_key": self.access_key,
            "secret_key": self.secret,
            "host_base": host,
            "host_bucket": host,
            "use_https": "False",
            "multipart_chunk_size_mb": str(MEBIBYTES_A_PART),
        }
        config = self.home / "s3cfg"
        config.write_text("[default]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
        return self.run(s3_tools.tool("s3cmd"), "--max-retries=1", "-c", str(config), *arguments)

    def make_bucket(self, bucket):
        self.do("mb", f"s3://{bucket}")

    def buckets(self):
        return [line.rpartition("s3://")[2] for line in self.do("ls").splitlines()]

    def keys(self, bucket):
        beginning = f"s3://{bucket}/"
        return sorted(line.partition(beginning)[2] for line in self.do("ls", "-r", beginning).splitlines())

    def put(self, file, bucket, key):
        self.do("put", str(file), f"s3://{bucket}/{key}")

    def get(self, bucket, key, file):
        self.do("get", f"s3://{bucket}/{key}", str(file))

    def sync_up(self, folder, bucket):
        return self.do("sync", "--delete-removed", f"{folder}/", f"s3://{bucket}/")

    def sync_down(self, bucket, folder):
        folder.mkdir(exist_ok=True)
        self.do("sync", f"s3://{bucket}/", f"{folder}/")

    def delete(self, bucket, key):
        self.do("del", f"s3://{bucket}/{key}")

    def delete_bucket(self, bucket):
        self.do("rb", "--recursive", "--force", f"s3://{bucket}")

    def link(self, bucket, key):
        return self.do("signurl", f"s3://{bucket}/{key}", "+600").strip()


class Rclone(Tool):
    def do(self, *arguments: str) -> str:
        settings = {
            "type": "s3",
            "provider": "Other",
            "endpoint": self.person.door,
            "access_key_id": self.access_key,
            "secret_access_key": self.secret,
        }
        config = self.home / "rclone.conf"
        config.write_text("[farm]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
        in_parts = ["--s3-upload-cutoff=8M", f"--s3-chunk-size={MEBIBYTES_A_PART}M"]
        quick = ["--retries=1", "--low-level-retries=1"]
        return self.run(s3_tools.tool("rclone"), "--config", str(config), *in_parts, *quick, *arguments)

    def make_bucket(self, bucket):
        self.do("mkdir", f"farm:{bucket}")

    def buckets(self):
        return [name.removesuffix("/") for name in self.do("lsf", "farm:").splitlines()]

    def keys(self, bucket):
        return sorted(self.do("lsf", "-R", "--files-only", f"farm:{bucket}").splitlines())

    def put(self, file, bucket, key):
        self.do("copyto", str(file), f"farm:{bucket}/{key}")

    def get(self, bucket, key, file):
        self.do("copyto", f"farm:{bucket}/{key}", str(file))

    def sync_up(self, folder, bucket):
        return self.do("sync", "--combined", "-", str(folder), f"farm:{bucket}")

    def sync_down(self, bucket, folder):
        self.do("sync", f"farm:{bucket}", str(folder))

    def delete(self, bucket, key):
        self.do("deletefile", f"farm:{bucket}/{key}")

    def delete_bucket(self, bucket):
        self.do("purge", f"farm:{bucket}")

    def link(self, bucket, key):
        return self.do("link", "--expire", "10m", f"farm:{bucket}/{key}").strip()


class Aws(Tool):
    def do(self, *arguments: str) -> str:
        keys = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret}
        door = {"AWS_ENDPOINT_URL_S3": self.person.door, "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
        return self.run(s3_tools.tool("aws"), *arguments, AWS_EC2_METADATA_DISABLED="true", **keys, **door)

    def make_bucket(self, bucket):
        self.do("s3", "mb", f"s3://{bucket}")

    def buckets(self):
        return [line.split()[-1] for line in self.do("s3", "ls").splitlines()]

    def keys(self, bucket):
        listed = self.do("s3", "ls", "--recursive", f"s3://{bucket}").splitlines()
        return sorted(line.split(maxsplit=3)[3] for line in listed)

    def put(self, file, bucket, key):
        self.do("s3", "cp", str(file), f"s3://{bucket}/{key}")

    def get(self, bucket, key, file):
        self.do("s3", "cp", f"s3://{bucket}/{key}", str(file))

    def sync_up(self, folder, bucket):
        return self.do("s3", "sync", "--no-progress", "--delete", str(folder), f"s3://{bucket}")

    def sync_down(self, bucket, folder):
        self.do("s3", "sync", f"s3://{bucket}", str(folder))

    def delete(self, bucket, key):
        self.do("s3", "rm", f"s3://{bucket}/{key}")

    def delete_bucket(self, bucket):
        self.do("s3", "rb", "--force", f"s3://{bucket}")

    def link(self, bucket, key):
        return self.do("s3", "presign", f"s3://{bucket}/{key}").strip()

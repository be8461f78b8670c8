"""(c) A 1 GiB file through the page, over boto3's own multipart upload straight to the embedded store."""

import os
import tempfile
import threading
import time
from pathlib import Path

import boto3
import psutil
from boto3.s3.transfer import TransferConfig
from playwright.sync_api import sync_playwright

from tests import chromium

SIZE_BYTES = 1 << 30
PARTS = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=6)
ROUNDS = 2


def measure(stack) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "big.blend"
        fill(file)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.ARGUMENTS)
            page = browser.new_page()
            _sign_in(page, stack)
            for _ in range(ROUNDS):
                direct = _straight_to_the_store(stack, file)
                with PeakMemory(stack.process.pid) as peak:
                    through = _through_the_page(page, stack, file)
                ratio = direct / through
                print(
                    f"  boto3 {SIZE_BYTES / direct / 1e6:6.0f} MB/s   page {SIZE_BYTES / through / 1e6:6.0f} MB/s   "
                    f"ratio {ratio:.2f} (asked ≥ 0.7)   our processes' peak memory: {peak}"
                )
            browser.close()


def fill(file: Path) -> None:
    """SIZE_BYTES that begin as a scene does."""
    block = os.urandom(1 << 20)
    with file.open("wb") as out:
        out.write(b"BLENDER-v405")
        for number in range(SIZE_BYTES // len(block)):
            out.write(number.to_bytes(8, "big") + block[8:])


def _sign_in(page, stack) -> None:
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_label("E-mail").fill("bench@example.org")
    page.get_by_label("Password").fill("a long enough pass phrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/renders/")


def _straight_to_the_store(stack, file: Path) -> float:
    store, bucket = store_of(stack)
    started = time.monotonic()
    store.upload_file(str(file), bucket, "bench/direct.bin", Config=PARTS)
    return time.monotonic() - started


def store_of(stack):
    """boto3's client of the stack's own store, and the name of its one bucket."""
    kept = dict(line.split("=", 1) for line in (stack.home / "stack.env").read_text().splitlines())
    client = boto3.client(
        "s3",
        endpoint_url=kept["S3_ENDPOINT_URL"],
        aws_access_key_id=kept["S3_ACCESS_KEY"],
        aws_secret_access_key=kept["S3_SECRET_KEY"],
        region_name="us-east-1",
    )
    return client, kept["S3_BUCKET"]


def _through_the_page(page, stack, file: Path) -> float:
    """From the file's choice to the server's word that the upload is complete."""
    page.goto(f"{stack.url}/renders/new/")
    with page.expect_response(lambda answer: answer.url.endswith("/complete/"), timeout=300_000) as complete:
        started = time.monotonic()
        page.locator("input[type=file]:not([webkitdirectory])").set_input_files(str(file))
    assert complete.value.ok, complete.value.text()
    return time.monotonic() - started


class PeakMemory:
    """The largest resident size of each of our Python processes while the block ran."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._peaks: dict[str, float] = {}
        self._over = threading.Event()

    def __enter__(self) -> "PeakMemory":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            for process in self._root.children(recursive=True):
                try:
                    command, size = " ".join(process.cmdline()), process.memory_info().rss / 1e6
                except psutil.Error:
                    continue
                for mark, name in (
                    ("render_web.asgi", "web"),
                    ("s3door", "s3door"),
                    ("control@", "worker"),
                    ("heavy@", "heavy"),
                ):
                    if mark in command:
                        self._peaks[name] = max(self._peaks.get(name, 0), size)

    def __str__(self) -> str:
        return ", ".join(f"{name} {size:.0f} MB" for name, size in sorted(self._peaks.items()))

import threading

import pytest

from jobs.media import MediaStorage


@pytest.fixture
def storage():
    return MediaStorage(
        access_key="a", secret_key="s", bucket_name="b", endpoint_url="http://127.0.0.1:9", region_name="us-east-1"
    )


def test_requests_share_one_connection_whatever_thread_they_run_in(storage):
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(storage.connection)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(connection) for connection in seen}) == 1


def test_a_picture_has_a_signed_address(storage):
    address = storage.url("thumbnails/one.webp")

    assert address.startswith("http://127.0.0.1:9/")
    assert "Signature=" in address

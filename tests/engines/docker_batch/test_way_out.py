"""The proxy that is a caged tool's only network: where it leads, and where it doesn't."""

import http.server
import socket
import threading

import pytest

from farm.engines.docker_batch.way_out import SOCKET, way_out


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Host")))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        pass


@pytest.fixture
def inside():
    """A server of the farm's own network."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def address(server):
    return f"127.0.0.1:{server.server_address[1]}"


def ask(folder, request):
    """What a caged program hears that sends `request`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / SOCKET))
        client.sendall(request.encode())
        heard = b""
        while piece := client.recv(4096):
            heard += piece
            if b"hello" in heard or b"Content-Length: 0" in heard:
                break
    return heard.decode()


def test_what_the_operator_named_is_reached_with_and_without_a_tunnel(tmp_path, inside):
    name = address(inside)
    with way_out(tmp_path, frozenset([name])):
        plain = ask(tmp_path, f"GET http://{name}/v2/?n=1 HTTP/1.1\r\nHost: {name}\r\nProxy-Authorization: x\r\n\r\n")
        tunnelled = ask(tmp_path, f"CONNECT {name} HTTP/1.1\r\n\r\nGET /v2/ HTTP/1.0\r\n\r\n")

    assert plain.endswith("hello")
    assert tunnelled.startswith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.0 200")
    assert inside.asked == [("/v2/?n=1", name), ("/v2/", None)]


def test_what_the_operator_did_not_name_is_not_reached_even_by_a_name_that_resolves_to_it(tmp_path, inside):
    port = inside.server_address[1]
    with way_out(tmp_path, frozenset()) as server:
        answers = [
            ask(tmp_path, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n"),
            ask(tmp_path, f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n"),
            ask(tmp_path, f"CONNECT [::ffff:127.0.0.1]:{port} HTTP/1.1\r\n\r\n"),
            ask(tmp_path, f"CONNECT 2130706433:{port} HTTP/1.1\r\n\r\n"),
            ask(tmp_path, f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n"),
        ]

    assert [answer.split(" ")[1] for answer in answers] == ["403"] * 5
    assert inside.asked == []
    assert len(server.refused) == 5


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "10.1.2.3", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "0.0.0.0"]
)
def test_addresses_that_are_not_public_are_refused(tmp_path, host):
    with way_out(tmp_path, frozenset()):
        assert ask(tmp_path, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403")


def test_nothing_unencrypted_goes_to_the_outside(tmp_path):
    with way_out(tmp_path, frozenset()) as server:
        assert ask(tmp_path, "GET http://registry.example/v2/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403")

    assert server.refused == ["registry.example:80"]


def test_who_does_not_answer_is_remembered(tmp_path):
    with way_out(tmp_path, frozenset(["127.0.0.1:1"])) as server:
        assert ask(tmp_path, "CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 502")

    assert server.unreachable == ["127.0.0.1:1"]


def test_a_folder_with_a_long_path_has_a_way_out_too(tmp_path, inside):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()

    with way_out(folder, frozenset([address(inside)])):
        assert (folder / SOCKET).is_socket()

    assert not (folder / SOCKET).exists()

"""Runs a command in a cage whose network is empty, and gives it the farm's proxy on the loopback.

Arguments: the proxy's socket file; "" or the host:port of a registry on the machine's loopback, which
programs reach without asking their proxy; the command. Runs in the farm's own Python; its own imports only.
"""

import os
import socket
import subprocess
import sys
import threading

PIECE = 65536
PROXY, REGISTRY, COMMAND = sys.argv[1], sys.argv[2], sys.argv[3:]


def listen(port: int, greeting: bytes) -> int:
    """Every connection goes to the proxy's socket; the port."""
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=accept, args=(listener, greeting), daemon=True).start()
    return int(listener.getsockname()[1])


def accept(listener: socket.socket, greeting: bytes) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=connect, args=(client, greeting), daemon=True).start()


def connect(client: socket.socket, greeting: bytes) -> None:
    proxy = socket.socket(socket.AF_UNIX)
    try:
        proxy.connect(PROXY)
        if greeting:
            proxy.sendall(greeting)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                piece = proxy.recv(1)
                if not piece:
                    return
                answer += piece
            if b" 200 " not in answer.split(b"\r\n")[0]:
                return
        threading.Thread(target=carry, args=(client, proxy), daemon=True).start()
        carry(proxy, client)
    except OSError:
        pass
    finally:
        client.close()


def carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


proxy_url = f"http://127.0.0.1:{listen(0, b'')}"
if REGISTRY:
    listen(int(REGISTRY.rpartition(":")[2]), f"CONNECT {REGISTRY} HTTP/1.1\r\n\r\n".encode())
sys.exit(subprocess.run(COMMAND, env={**os.environ, "HTTPS_PROXY": proxy_url, "HTTP_PROXY": proxy_url}).returncode)

"""A small server for the browser's modules: the files of static/src, an upload door, a store, a log."""

import json
import re
import socket
import threading
from collections import Counter, defaultdict
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
PAGE = b"""<!doctype html><meta charset="utf-8"><title>harness</title>
<script type="importmap">{"imports": {"ansi_up": "/node_modules/ansi_up/ansi_up.js"}}</script>
<body data-csrf="token"><main></main></body>"""


class Surroundings:
    """What the server holds, and what goes wrong: counted down at each request it spoils."""

    def __init__(self):
        self.lock = threading.Lock()
        self.part_size = 1 << 20
        self.sizes = {}
        self.parts = defaultdict(dict)
        self.completed = {}
        self.signed = Counter()
        self.puts = Counter()
        self.refusals = []
        """Status codes the store answers next, instead of taking a part."""
        self.dropped_lines = 0
        self.silent_completions = 0
        self.forgotten_at_completion = []
        self.under_way = 0
        self.gate = threading.Event()
        """Parts wait until it is set."""
        self.gate.set()
        self.lines = []

    def part_count(self, upload):
        return max(1, -(-self.sizes[upload] // self.part_size))

    def content(self, upload):
        return b"".join(self.parts[upload][number] for number in sorted(self.parts[upload]))

    def take_part(self, upload, number, content):
        with self.lock:
            self.puts[number] += 1
            if self.refusals:
                return self.refusals.pop(0)
            self.parts[upload][number] = content
            return 200


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, surroundings, *arguments):
        self.given = surroundings
        super().__init__(*arguments, directory=str(ROOT))

    def log_message(self, *_):
        pass

    def do_GET(self):
        address = urlsplit(self.path)
        if address.path == "/harness.html":
            return self.answer(200, PAGE, "text/html")
        if address.path == "/log/":
            return self.say(self.log_of(parse_qs(address.query)))
        parts = re.fullmatch(r"/uploads/([^/]+)/parts/", address.path)
        if parts:
            return self.say({"parts": sorted(self.given.parts[parts[1]])})
        return super().do_GET()

    def do_POST(self):
        body = json.loads(self.read() or b"{}")
        for pattern, door in (
            (r"/scenes/[^/]+/uploads/", self.begin),
            (r"/uploads/([^/]+)/sign/", self.sign),
            (r"/uploads/([^/]+)/complete/", self.complete),
        ):
            found = re.fullmatch(pattern, self.path)
            if found:
                return door(body, *found.groups())
        return self.say({})

    def begin(self, body):
        upload = body["path"]
        self.given.sizes[upload] = body["size"]
        self.say(
            {
                "id": upload,
                "state": "open",
                "part_size": self.given.part_size,
                "part_count": self.given.part_count(upload),
                "done_parts": sorted(self.given.parts[upload]),
            }
        )

    def sign(self, body, upload):
        self.given.signed.update(body["parts"])
        self.say({"urls": {str(number): f"/store/{upload}/{number}" for number in body["parts"]}})

    def complete(self, _body, upload):
        with self.given.lock:
            if self.given.silent_completions:
                self.given.silent_completions -= 1
                return self.say({}, 503)
            for number in self.given.forgotten_at_completion:
                self.given.parts[upload].pop(number, None)
            self.given.forgotten_at_completion = []
        if len(self.given.parts[upload]) < self.given.part_count(upload):
            return self.say({"problem": "Some parts have not arrived yet."}, 409)
        self.given.completed[upload] = self.given.content(upload)
        return self.say({"state": "completed"})

    def do_PUT(self):
        _, upload, number = self.path.strip("/").split("/")
        with self.given.lock:
            self.given.under_way += 1
            is_dropped = self.given.dropped_lines > 0
            self.given.dropped_lines -= is_dropped
        try:
            if is_dropped:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = self.read()
            self.given.gate.wait(10)
            self.answer(self.given.take_part(upload, int(number), content), b"")
        finally:
            with self.given.lock:
                self.given.under_way -= 1

    def log_of(self, query):
        limit = int(query["limit"][0])
        words = query.get("q", [""])[0]
        instance = query.get("instance", [""])[0]
        lines = [line for line in self.given.lines if words in line["t"] and instance in ("", str(line["i"]))]
        if "before" in query:
            found = [line for line in lines if line["n"] < int(query["before"][0])][-limit:]
        else:
            found = [line for line in lines if line["n"] > int(query.get("after", ["0"])[0])][:limit]
        return {"lines": found, "line_count": len(self.given.lines)}

    def read(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def say(self, body, status=200):
        self.answer(status, json.dumps(body).encode(), "application/json")

    def answer(self, status, content, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

"""What an open page does with its socket: no hole, nothing twice, and http where sockets are blocked."""

import pytest

pytestmark = pytest.mark.browser

START = """async () => {
  const { Live } = await import("/static/src/live.js");
  window.sockets = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor(address) { this.address = address; this.sent = []; this.readyState = 1; window.sockets.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close(code = 1000) { this.readyState = 3; this.onclose({ code }); }
    say(message) { this.onmessage({ data: JSON.stringify(message) }); }
  };
  window.seen = { lines: [], headlines: [], connected: [] };
  window.live = new Live({
    address: "ws://x/live/", changesAddress: "/changes/", logAddress: "/log/", revision: 4, lineCount: 2,
    onChanges: (message) => window.seen.headlines.push(message.headline),
    onLines: (lines) => window.seen.lines.push(...lines.map((line) => line.n)),
    onConnection: (isConnected) => window.seen.connected.push(isConnected),
    onGone: () => { window.seen.isGone = true; },
  });
  window.live.run();
  window.sockets[0].onopen();
}"""


def line(number):
    return {"n": number, "i": 1, "s": "stdout", "t": str(number)}


def changes(first, last, lines=(), **more):
    message = {"type": "changes", "from": first, "to": last, "headline": f"to {last}", "machines": [], "frames": []}
    found = [line(number) for number in lines]
    return {**message, "lines": found, "line_count": max(lines, default=0), **more}


@pytest.fixture
def live(harness):
    harness.evaluate(START)
    return harness


def say(page, message, socket=0):
    page.evaluate("([message, socket]) => window.sockets[socket].say(message)", [message, socket])


def test_it_says_what_it_has_when_it_connects(live):
    assert live.evaluate("window.sockets[0].address") == "ws://x/live/?after=4"


def test_lines_are_shown_in_order_and_once(live):
    say(live, changes(4, 5, [3, 4]))
    say(live, changes(4, 5, [3, 4]))
    say(live, changes(5, 6, [4, 5]))

    assert live.evaluate("window.seen.lines") == [3, 4, 5]
    assert live.evaluate("window.seen.headlines") == ["to 5", "to 6"]


def test_a_hole_in_the_lines_is_fetched_before_the_rest(live, surroundings):
    surroundings.lines = [line(number) for number in range(1, 9)]
    say(live, changes(4, 5, [3, 7, 8]))

    live.wait_for_function("window.seen.lines.length === 6")
    assert live.evaluate("window.seen.lines") == [3, 4, 5, 6, 7, 8]


def test_a_hole_in_the_revisions_is_asked_for_again(live):
    say(live, changes(7, 9))

    assert live.evaluate("window.seen.headlines") == []
    assert live.evaluate("window.sockets[0].sent") == [{"after": 4}]


def test_a_heartbeat_that_is_ahead_is_asked_about(live):
    say(live, {"type": "heartbeat", "revision": 4})
    say(live, {"type": "heartbeat", "revision": 6})

    assert live.evaluate("window.sockets[0].sent") == [{"after": 4}]


def test_a_lost_socket_is_opened_again_from_where_it_was(live):
    say(live, changes(4, 6, [3]))
    live.evaluate("window.sockets[0].close(1012)")

    live.wait_for_function("window.sockets.length === 2")
    assert live.evaluate("window.sockets[1].address") == "ws://x/live/?after=6"
    assert live.evaluate("window.seen.connected") == [True, False]


def test_where_sockets_are_blocked_it_asks_by_http(live):
    asked = []
    message = changes(4, 5, [3])

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(json=message)

    live.route("**/changes/**", answer)
    live.evaluate("""() => {
      window.WebSocket = class { constructor() { setTimeout(() => this.onclose({ code: 1006 })); } close() {} };
      window.sockets[0].close(1006);
    }""")

    live.wait_for_function("window.seen.headlines.length === 1")
    assert asked[0].endswith("/changes/?after=4")
    assert live.evaluate("window.seen.lines") == [3]


@pytest.mark.parametrize("code", [4403, 4404])
def test_a_render_that_is_gone_is_not_asked_for_again(live, code):
    live.evaluate("(code) => window.sockets[0].close(code)", code)

    live.wait_for_function("window.seen.isGone")
    assert live.evaluate("window.sockets.length") == 1

"""The websocket is cut in mid-render; not one log line is missing or doubled."""

import pytest
from playwright.sync_api import expect

from tests.journeys import artist
from tests.scenes import scene

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

CUT = """() => { for (const socket of window.openSockets) socket.close(); return window.openSockets.length; }"""
REMEMBER_SOCKETS = """
window.openSockets = [];
const Plain = window.WebSocket;
window.WebSocket = class extends Plain { constructor(...given) { super(...given); window.openSockets.push(this); } };
"""


def test_every_line_is_there_once_after_three_cuts(stack, page):
    page.add_init_script(REMEMBER_SOCKETS)
    artist.sign_up(page, stack.url, "cut@example.org")
    artist.drop_scene(page, stack.url, scene("golem-cubes/examples/blender/cubes.blend"))
    address = artist.order(page, "1-12", percent=6, samples=8)

    for number in (2, 5, 8):
        expect(page.locator(f"#frame-{number}[data-state=done]")).to_be_visible(timeout=90_000)
        assert page.evaluate(CUT) >= 1
    assert artist.wait_for_the_end(page) == "completed"

    text = page.evaluate("async (address) => (await fetch(address)).text()", f"{address}log.txt")
    kept = [line for line in text.splitlines() if line]
    expect(page.locator("[data-log-count]")).to_contain_text(str(len(kept)))
    shown = lines_shown(page)
    assert [line["n"] for line in shown] == list(range(1, len(kept) + 1))
    assert len([line for line in kept if " took " in line]) == 12


def lines_shown(page) -> list[dict]:
    """Scrolls the log from its start to its end and reads every row the page draws."""
    return page.evaluate(
        """async () => {
          const list = document.querySelector("[data-log-list]");
          const seen = new Map();
          const note = () => {
            for (const row of list.querySelectorAll("[data-line]")) {
              const n = Number(row.dataset.line);
              if (!seen.has(n)) seen.set(n, { n, t: row.textContent });
            }
          };
          list.scrollTop = 0;
          for (;;) {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            note();
            if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) break;
            list.scrollTop += list.clientHeight / 2;
          }
          return [...seen.values()].sort((a, b) => a.n - b.n);
        }"""
    )

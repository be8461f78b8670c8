"""(b) From a line printed by the engine to the same line in an open page: median and p95.

The engine's own line says when it was printed ("Frame 3 took 0.41 s, ended at 12:00:00.000 UTC"); the page notes
when it has come over the socket and the next picture is drawn. Both are clocks of this machine.
"""

import statistics

from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.journeys import artist
from tests.scenes import scene

FRAMES = "1-60"
NOTE_LINES = """
window.firstSeen = {};
const marked = /Frame \\d+ took .* ended at [\\d:.]+ UTC/;
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (event) => {
      const lines = JSON.parse(event.data).lines ?? [];
      // The page draws what came in its next picture.
      requestAnimationFrame(() => {
        for (const line of lines) if (marked.test(line.t)) window.firstSeen[line.t] ??= Date.now();
      });
    });
  }
};
"""
DELAYS = """
() => Object.entries(window.firstSeen).map(([line, seen]) => {
  const [, hours, minutes, seconds, thousandths] = line.match(/at (\\d+):(\\d+):(\\d+)\\.(\\d+) UTC/).map(Number);
  const printed = new Date(seen);
  printed.setUTCHours(hours, minutes, seconds, thousandths);
  return (seen - printed.getTime()) / 1000;
})
"""


def measure(stack) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.ARGUMENTS)
        page = browser.new_page()
        page.add_init_script(NOTE_LINES)
        artist.sign_up(page, stack.url, "watcher@example.org")
        artist.drop_scene(page, stack.url, scene("golem-cubes/examples/blender/cubes.blend"))
        artist.order(page, FRAMES, percent=8, samples=8)
        assert artist.wait_for_the_end(page, 300) == "completed"
        expect(page.locator(".frame[data-state=done]")).to_have_count(60)
        delays = sorted(page.evaluate(DELAYS))
        assert len(delays) == 60, f"{len(delays)} of 60 lines were seen"
        browser.close()
    p95 = delays[int(0.95 * (len(delays) - 1))]
    print(
        f"  {len(delays)} lines: median {statistics.median(delays):.2f} s, p95 {p95:.2f} s (asked ≤ 1.5), "
        f"largest {delays[-1]:.2f} s"
    )

// The one websocket of a render's page. Nothing is lost and nothing comes twice: what it knows is a
// revision and a line number; a hole is asked for again, and what it has is passed over. Where sockets
// are blocked it asks by http instead.

import { Refused, ask } from "./ask.js";
import { pause, pauseBefore } from "./retry.js";

const SILENCE_MS = 25_000; // two heartbeats and a bit
const POLL_MS = 2_500;
const SOCKET_FAILURES_BEFORE_POLLING = 3;
const NO_LONGER_YOURS = 4403;
const GONE = 4404;

export class Live {
  /**
   * @param {{address: string, changesAddress: string, logAddress: string, revision: number, lineCount: number,
   *   onChanges: (message: object) => void, onLines: (lines: object[], lineCount: number) => void,
   *   onConnection: (isConnected: boolean) => void, onGone: () => void}} given
   */
  constructor(given) {
    Object.assign(this, given);
    this.lastLine = given.lineCount;
    this.failures = 0;
    this.stopped = new AbortController();
  }

  async run() {
    while (!this.stopped.signal.aborted) {
      const wasOpen = await this.listen();
      if (this.stopped.signal.aborted) return;
      this.failures = wasOpen ? 1 : this.failures + 1;
      this.onConnection(false);
      if (this.failures >= SOCKET_FAILURES_BEFORE_POLLING) await this.poll();
      else await pause(pauseBefore(this.failures, 10_000), this.stopped.signal);
    }
  }

  stop() {
    this.stopped.abort();
    this.socket?.close();
  }

  /** Until the socket closes. True when it had been open. */
  listen() {
    return new Promise((done) => {
      let wasOpen = false;
      let silence;
      const socket = new WebSocket(`${this.address}?after=${this.revision}`);
      this.socket = socket;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => socket.close(), SILENCE_MS);
      };
      heard();
      socket.onopen = () => {
        wasOpen = true;
        heard();
        this.onConnection(true);
      };
      socket.onmessage = (event) => {
        heard();
        this.take(JSON.parse(event.data));
      };
      socket.onclose = (event) => {
        clearTimeout(silence);
        if (event.code === NO_LONGER_YOURS || event.code === GONE) this.end();
        done(wasOpen);
      };
    });
  }

  /** By http, until a socket may be tried again. */
  async poll() {
    for (let round = 0; round < 12 && !this.stopped.signal.aborted; round += 1) {
      try {
        const message = await ask(`${this.changesAddress}?after=${this.revision}`, { signal: this.stopped.signal });
        this.take(message);
        this.onConnection(true);
        if (message.is_whole === false) continue;
      } catch (failure) {
        if (failure instanceof Refused) return this.end();
        this.onConnection(false);
      }
      await pause(POLL_MS, this.stopped.signal);
    }
    this.failures = 0;
    return undefined;
  }

  /** Signed out, or the render was removed: asking on is of no use. */
  end() {
    if (this.stopped.signal.aborted) return;
    this.stop();
    this.onGone();
  }

  take(message) {
    if (message.type === "heartbeat") {
      if (message.revision > this.revision) this.askAgain();
    } else if (message.type === "changes") {
      if (message.from > this.revision) this.askAgain();
      else this.takeChanges(message);
    }
  }

  takeChanges(message) {
    if (message.to > this.revision) {
      this.revision = message.to;
      this.onChanges(message);
    }
    // The first of several messages has not all the lines yet; the rest is on its way.
    const isWhole = message.is_whole !== false;
    this.takeLines(message.lines ?? [], isWhole ? (message.line_count ?? 0) : 0);
  }

  /** Lines in order, each once; what is missing between is fetched before the rest is shown. */
  takeLines(lines, lineCount) {
    const fresh = lines.filter((line) => line.n > this.lastLine).sort((one, other) => one.n - other.n);
    const upTo = fresh.findIndex((line, index) => line.n !== this.lastLine + 1 + index);
    const whole = upTo < 0 ? fresh : fresh.slice(0, upTo);
    if (whole.length) {
      this.lastLine = whole.at(-1).n;
      this.onLines(whole, Math.max(lineCount, this.lastLine));
    }
    if (this.lastLine < Math.max(lineCount, fresh.at(-1)?.n ?? 0)) this.fillHole();
  }

  async fillHole() {
    if (this.isFilling) return;
    this.isFilling = true;
    try {
      let said;
      do {
        said = await ask(`${this.logAddress}?after=${this.lastLine}&limit=1000`, { signal: this.stopped.signal });
        if (!said.lines.length) break;
        this.lastLine = said.lines.at(-1).n;
        this.onLines(said.lines, said.line_count);
      } while (this.lastLine < said.line_count);
    } catch {
      // The line is away: the next message or heartbeat finds the hole again.
    } finally {
      this.isFilling = false;
    }
  }

  askAgain() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ after: this.revision }));
  }
}

// Presigned addresses, fetched in batches just before they are needed.

import { send } from "../ask.js";

const BATCH = 48;

export class Signer {
  /** @param {number[]} wanted part numbers in the order they will be asked for */
  constructor(uploadId, wanted) {
    this.uploadId = uploadId;
    this.wanted = wanted;
    this.addresses = new Map();
    this.asking = null;
  }

  /** The address of a part; the neighbours it will soon need come along. */
  async addressOf(number, signal) {
    while (!this.addresses.has(number)) {
      this.asking ??= this.ask(number, signal).finally(() => (this.asking = null));
      await this.asking;
    }
    return this.addresses.get(number);
  }

  async ask(number, signal) {
    const from = this.wanted.indexOf(number);
    const batch = this.wanted.slice(from, from + BATCH).filter((wanted) => !this.addresses.has(wanted));
    const { urls } = await send(`/uploads/${this.uploadId}/sign/`, { parts: batch }, signal);
    for (const [part, address] of Object.entries(urls)) this.addresses.set(Number(part), address);
  }

  /** It ran out: the next one who asks gets a fresh one. */
  forget(number) {
    this.addresses.delete(number);
  }
}

// One part to its presigned address. XMLHttpRequest, because fetch tells no upload progress.

const SILENCE_MS = 30_000;

/** The store said no. 403: the address ran out. */
export class PartRefused extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** The line broke, or nothing moved for 30 s. */
export class PartLost extends Error {}

/** @param {(bytes: number) => void} progress bytes of this part so far */
export function putPart(address, blob, progress, signal) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS);
    };
    const stop = () => request.abort();
    const end = (failure) => {
      clearTimeout(silence);
      signal.removeEventListener("abort", stop);
      if (failure) failed(failure);
      else done();
    };
    request.open("PUT", address);
    request.upload.onprogress = (event) => {
      heard();
      progress(event.loaded);
    };
    request.onload = () => end(request.status >= 200 && request.status < 300 ? null : new PartRefused(request.status));
    request.onerror = () => end(new PartLost("the line broke"));
    request.onabort = () => end(signal.aborted ? new DOMException("stopped", "AbortError") : new PartLost("silence"));
    signal.addEventListener("abort", stop);
    heard();
    request.send(blob);
  });
}

// JSON to and from our own server, with its sentence when it refuses.

export class Refused extends Error {
  constructor(status, body) {
    super(body.problem ?? "The server did not take it. Load the page again and repeat it.");
    this.status = status;
    this.body = body;
  }
}

/** The network or the server is away; worth asking again. */
export class Away extends Error {}

export async function ask(address, { method = "GET", body, signal } = {}) {
  let answer;
  try {
    answer = await fetch(address, {
      method,
      signal,
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch (failure) {
    if (signal?.aborted) throw failure;
    throw new Away("no answer");
  }
  if (answer.status >= 500 || answer.status === 429) throw new Away(`status ${answer.status}`);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

export const send = (address, body, signal) => ask(address, { method: "POST", body: body ?? {}, signal });

function csrfToken() {
  return document.body.dataset.csrf ?? "";
}

"""A page's socket, spoken to as a server would (channels' own tester wants daphne)."""

import asyncio
import json

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from render_web.asgi import application

WITHIN_SECONDS = 10


class PageSocket:
    def __init__(self, client, job_id, after=0, origin="http://testserver"):
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        headers = {"origin": origin, "host": "testserver", "cookie": cookies}
        self._speaker = ApplicationCommunicator(
            application,
            {
                "type": "websocket",
                "path": f"/live/renders/{job_id}/",
                "query_string": f"after={after}".encode(),
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
                "subprotocols": [],
            },
        )

    async def opens(self):
        await self._speaker.send_input({"type": "websocket.connect"})
        return (await self._speaker.receive_output(WITHIN_SECONDS))["type"] == "websocket.accept"

    async def says(self, message):
        await self._speaker.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def hears(self, kind="changes"):
        """The next message of that kind; the close code where the socket is closed."""
        while True:
            event = await self._speaker.receive_output(WITHIN_SECONDS)
            if event["type"] == "websocket.close":
                return event.get("code")
            message = json.loads(event["text"])
            if message["type"] == kind:
                return message

    async def leaves(self):
        await self._speaker.send_input({"type": "websocket.disconnect", "code": 1001})
        try:
            await self._speaker.wait(WITHIN_SECONDS)
        except asyncio.CancelledError:
            return


async def signed_in(client, account):
    await sync_to_async(client.force_login)(account)
    return client

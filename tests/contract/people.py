"""The accounts of the running farm, made as an operator makes them, and what they do with the unmodified SDK."""

from concurrent.futures import ThreadPoolExecutor

import qarnot
import requests

from tests.stack import Stack, wait_until

PASSWORD = "a long enough pass phrase\n"


def open_account(stack: Stack, name: str) -> dict[str, str]:
    """`manage.py account create` and `token`: the address and a token. A new account has free hours."""
    email = f"{name}@example.org"
    stack.manage("account", "create", email, stdin=PASSWORD)
    return {"email": email, "token": stack.manage("account", "token", email, "script")}


def open_accounts(stack: Stack) -> dict[str, dict[str, str]]:
    with ThreadPoolExecutor(2) as both:
        told = both.map(lambda name: open_account(stack, name), ["alice", "charlie"])
        return dict(zip(["alice", "charlie"], told, strict=True))


class Person:
    """An account of the running farm."""

    def __init__(self, stack: Stack, email: str, token: str) -> None:
        self.stack, self.email, self.token = stack, email, token
        self.url = f"{stack.url}/farm"
        self.connection = self.connect()

    def connect(self, token: str = "", url: str = "", **options) -> qarnot.Connection:
        """A further connection; another token of the same account has read positions of its own."""
        return qarnot.Connection(client_token=token or self.token, cluster_url=url or self.url, **options)

    def another_token(self, name: str = "another") -> str:
        return self.stack.manage("account", "token", self.email, name)

    def ask(self, method: str, path: str, body=None, **headers) -> requests.Response:
        """A bare request, as other languages' SDKs send it: again where the farm says that it is asked too often."""
        shown = {"Authorization": self.token, **headers}

        def taken():
            answer = requests.request(method, f"{self.url}{path}", json=body, headers=shown, timeout=30)
            return None if answer.status_code == 429 else [answer]

        return wait_until(taken, 60, lambda: f"{path} is refused with 429", every_seconds=0.5)[0]

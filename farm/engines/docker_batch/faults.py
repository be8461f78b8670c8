"""Why an order of one's own software could not be carried out."""


class Fault(Exception):
    """`code` is an Outcome's; the sentence says what happened and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Stopped(Exception):
    """The order was cancelled, or the node stops."""

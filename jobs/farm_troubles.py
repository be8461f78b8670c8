"""Why a farm did not do what it was asked (jobs.farms), told apart by what is to be done about it."""


class FarmDown(Exception):
    """No answer, or one that says "not now": ask again later. Nothing is known to have happened."""


class FarmBusy(FarmDown):
    """It answers, but asks to be asked less often: again in `pause_seconds`."""

    def __init__(self, reason: str, pause_seconds: int) -> None:
        super().__init__(reason)
        self.pause_seconds = pause_seconds


class TokenRefused(FarmDown):
    """The account's own token for Qarnot is missing, unreadable or refused. A new one mends it: nothing is lost."""


class FarmRefused(Exception):
    """The farm said no, and will say it again. The text is the farm's own."""


class TaskGone(Exception):
    """The farm knows no such task."""

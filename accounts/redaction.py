"""A filter for log handlers: what would let a reader of the log act as someone is cut out of every line."""

import logging
import re

SECRETS = re.compile(
    r"(?P<token>rw_[0-9a-f]{20}\.)[0-9a-f]{40}"
    r"|(?P<presigned>X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s\"']+"
)


def without_secrets(text: str) -> str:
    return SECRETS.sub(lambda found: f"{found['token'] or found['presigned']}[hidden]", text)


class HideSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        shown = without_secrets(message)
        if shown != message:
            record.msg, record.args = shown, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        return True

"""Second factors: secrets encrypted at rest by a key derived from SECRET_KEY, and a picture dark pages can show."""

import base64
import hashlib
import hmac
import io
import logging
import secrets

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from qrcode.image.svg import SvgPathFillImage

log = logging.getLogger(__name__)


class EncryptingAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret of another SECRET_KEY can't be read back: then no code fits, and sign-in stays closed."""
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error(
                "A second-factor secret can't be read: SECRET_KEY was changed. "
                "Delete the authenticator in the admin panel, so that the person can set it up again."
            )
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def build_totp_svg(self, url: str) -> str:
        """On white, with its margin: a code that is transparent can't be scanned from a dark page."""
        drawn = io.BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(drawn)
        return drawn.getvalue().decode()


def _fernet() -> Fernet:
    key = hmac.new(settings.SECRET_KEY.encode(), b"second-factor secrets", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))

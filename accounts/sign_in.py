"""allauth's forms and refusals in the words of the house.

Named in settings: ACCOUNT_ADAPTER, ACCOUNT_FORMS, MFA_FORMS.
"""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is suspended. The operator of this server can restore it.",
        "email_password_mismatch": "This e-mail and this password don't belong together. Look for a slip in either.",
        "email_taken": "There is an account with this e-mail already. Sign in, or choose a new password there.",
        "enter_current_password": "Type the password you have now.",
        "incorrect_code": "This code doesn't fit. Type the one the app shows now.",
        "incorrect_password": "This isn't your password.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, or choose a new password by “Forgot”.",
        "rate_limited": "Too many tries in a short time. Wait a few minutes.",
    }


class Quiet:
    """Labels without a colon, fields without a second label inside them, one line on what a password needs."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in ("email", "login"):
                field.label = "E-mail"
            if name == "password1":
                field.help_text = "At least 8 characters, and none of the well-known ones."


class LoginForm(Quiet, forms.LoginForm): ...


class SignupForm(Quiet, forms.SignupForm): ...


class ChangePasswordForm(Quiet, forms.ChangePasswordForm): ...


class SetPasswordForm(Quiet, forms.SetPasswordForm): ...


class ResetPasswordForm(Quiet, forms.ResetPasswordForm): ...


class ResetPasswordKeyForm(Quiet, forms.ResetPasswordKeyForm): ...


class ReauthenticateForm(Quiet, forms.ReauthenticateForm): ...


class CodeForm(Quiet, second_factor.AuthenticateForm): ...


class ReauthenticateByCodeForm(Quiet, second_factor.ReauthenticateForm): ...


class ActivateAppForm(Quiet, totp.ActivateTOTPForm): ...

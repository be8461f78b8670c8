"""Who someone is, their API tokens, and the entries of their ledger of render hours."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "Account":
        return self.get(email__iexact=email)


class Account(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail signs in and is the access key of the S3 door."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True, help_text="Off: suspended. Can't sign in, order, or use tokens.")
    is_staff = models.BooleanField("operator", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def clean(self) -> None:
        """Small letters, as the sign-up page keeps them: two accounts never differ by case only."""
        super().clean()
        self.email = self.email.lower()

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A token's row. The text is derived (accounts.tokens), never stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    public_id = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=100)
    is_internal = models.BooleanField(default=False, help_text="The web app's own, never shown.")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(is_internal=True, revoked_at=None),
                name="one_internal_token_an_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.account}"


class LedgerEntry(models.Model):
    """One movement of render time. Append-only; the balance is their sum (accounts.ledger)."""

    class Kind(models.TextChoices):
        GRANT = "grant", "Granted"
        CHARGE = "charge", "Rendered"
        CORRECTION = "correction", "Corrected"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="ledger_entries")
    kind = models.CharField(max_length=12, choices=Kind)
    seconds = models.BigIntegerField(help_text="Positive adds render time, negative takes it.")
    reason = models.CharField(max_length=300)
    reference = models.CharField(max_length=100, blank=True, help_text="Farm task the time was used on.")
    key = models.CharField(max_length=100, unique=True, help_text="The same movement can be booked only once.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["reference"])]

    def __str__(self) -> str:
        return f"{self.account}: {self.seconds} s, {self.reason}"


class Balance(models.Model):
    """The sum of an account's entries, kept: it is asked for at every frame. None where nothing was booked yet."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="balance")
    seconds = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.account}: {self.seconds} s"


class Hold(models.Model):
    """Render time set aside for work that was ordered, until it is charged or let go (accounts.ledger)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="holds")
    reference = models.CharField(max_length=100, unique=True, help_text="Farm task it is held for.")
    reason = models.CharField(max_length=300)
    seconds = models.BigIntegerField(help_text="Still held: what was charged is no longer.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.account}: {self.seconds} s for {self.reason}"

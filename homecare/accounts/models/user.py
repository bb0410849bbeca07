from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from homecare.accounts.models.agency import Branch

SYSTEM_EMAIL = "system@homecare.invalid"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, all_branches=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def visible_to(self, user: User) -> models.QuerySet[User]:
        """Who manages people sees the accounts of their branches (all, with all branches), everybody else their own."""
        people = self.get_queryset().exclude(email=SYSTEM_EMAIL)
        if not user.is_authenticated or not user.is_active or not user.has_perm("accounts.view_user"):
            return people.filter(pk=user.pk)
        if user.all_branches:
            return people
        near = BranchMembership.objects.filter(branch_id__in=user.branch_ids).values("user_id")
        return people.filter(models.Q(pk__in=near) | models.Q(pk=user.pk))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What they may do comes from their groups (roles.py), where from their branches."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), unique=True)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=8, default="en-us")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text=_("May open the technical administration."))
    all_branches = models.BooleanField(default=False)
    branches = models.ManyToManyField("accounts.Branch", through="accounts.BranchMembership", related_name="users")
    quiet_from = models.TimeField(
        null=True, blank=True, help_text=_("No e-mail or text message from this local time …")
    )
    quiet_until = models.TimeField(null=True, blank=True, help_text=_("… until this one; urgent ones still arrive."))
    created_at = models.DateTimeField(default=timezone.now)
    session_salt = models.CharField(
        max_length=32, blank=True, editable=False, help_text=_("A new value ends every session at once.")
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("Somebody already signs in with this e-mail."),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Sessions end when the password changes (Django's own) and when `session_salt` does."""
        key_salt = "homecare.accounts.models.User.get_session_auth_hash"
        return salted_hmac(key_salt, self.password + self.session_salt, secret=secret, algorithm="sha256").hexdigest()

    @classmethod
    def system(cls) -> User:
        """Who acts when a task does: kept in the audit trail as 'system', cannot sign in."""
        defaults = {"first_name": "System", "is_active": True, "all_branches": True}
        return cls.objects.get_or_create(email=SYSTEM_EMAIL, defaults=defaults)[0]

    @cached_property
    def own_branches(self) -> list[Branch]:
        """Branches this person belongs to, by name; read once per request."""
        return list(self.branches.all())

    @property
    def branch_ids(self) -> list[int]:
        return [branch.pk for branch in self.own_branches]

    @cached_property
    def sees_branch_rows(self) -> bool:
        """Office people see their branches; caregivers and families only what is theirs."""
        return self.email == SYSTEM_EMAIL or self.has_perm("accounts.see_branch_rows")


class BranchMembership(models.Model):
    """This person works with this branch's rows."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "branch"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.branch}"

"""Accounts in the stock admin: admins give roles and close accounts, support looks. No list shows an address."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from audit import log
from members import roles, sessions
from members.models import Patron


@admin.register(Patron)
class PatronAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes none at run time
    """What changed is in the staff's log too. A changed role, or a closed account, is signed out everywhere."""

    list_display = ["__str__", "role", "is_active", "created_at"]
    list_filter = ["role", "is_active"]
    ordering = ["-id"]
    fields = ["email", "name", "language", "role", "is_active", "created_at"]
    readonly_fields = ["email", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Patron | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Patron | None = None) -> bool:
        """What was erased, or rests in another record, is only looked at."""
        stands = obj is None or (obj.erased_at is None and obj.merged_into_id is None)
        return stands and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Patron, form: "ModelForm[Patron]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        rights = [name for name in form.changed_data if name in {"role", "is_active"}]
        facts: dict[str, Any] = {name: [form.initial[name], form.cleaned_data[name]] for name in rights}
        facts["fields"] = form.changed_data
        if rights:
            sessions.end_all(obj)  # so that none of before comes alive again when the change is undone
        log.record(roles.patron_of(request), "patron.change", target=f"patron:{obj.pk}", **facts)

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from homecare.views import ListPage
from staff.models import Member, Role


class RoleList(ListPage):
    """Who may do what, what they must hold, who supervises them, and what comes next."""

    model = Role
    permission = "staff.view_role"
    template_name = "staff/role_list.html"
    context_object_name = "roles"

    def rows(self, queryset: QuerySet) -> QuerySet:
        visible = Member.objects.visible_to(self.request.user).exclude(status=Member.Status.LEFT)  # type: ignore[arg-type]
        return (
            queryset.select_related("supervised_by", "next_step")
            .prefetch_related("required_credentials")
            .annotate(people=Count("members", filter=Q(members__in=visible.values("pk")), distinct=True))
            .order_by("name")  # a grouped query forgets the order of the model
        )

"""The address a telephone provider calls, the caregivers' numbers, and the practice telephone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from clients.models import Client
from homecare.audit.services.event import record_view
from homecare.views import PermissionMixin
from scheduling.forms.telephony import PracticeForm
from scheduling.models import ClockPin
from scheduling.services.clock_pin import issue_pin, revoke_pin
from scheduling.services.telephony import take_step
from scheduling.services.visit_task import plan_in_force
from scheduling.task_codes import codes_of
from scheduling.telephony import practice, twiml
from staff.models import Member

TWILIO = "twilio"
CLOCK_FOR = "scheduling.clock_for_other"


@method_decorator(csrf_exempt, name="dispatch")
class TwilioVoice(View):
    """What the provider posts for each step of a call. Nobody is signed in: the signature says who sends it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if settings.TELEPHONY_PROVIDER != TWILIO or not settings.TELEPHONY_SECRET:
            raise Http404
        url = settings.SITE_URL.rstrip("/") + request.get_full_path()
        signature = request.headers.get(twiml.SIGNATURE_HEADER, "")
        params = dict(request.POST.lists())
        if not twiml.is_genuine(url, params, signature, settings.TELEPHONY_SECRET):
            return HttpResponseForbidden("The signature does not fit.", content_type="text/plain")
        incoming = twiml.read(request.POST.dict())
        if not incoming.call_id:
            return HttpResponse("No call is named.", status=400, content_type="text/plain")
        step = request.GET.get("step", "0")
        reply = take_step(TWILIO, *incoming[:2], int(step[:4]) if step.isdecimal() else 0, incoming.digits)
        action = f"{settings.SITE_URL.rstrip('/')}{request.path}?{urlencode({'step': reply.step})}"
        return HttpResponse(twiml.write(reply.spoken, reply.digits, action), content_type="text/xml; charset=utf-8")


class MemberPin(PermissionMixin, View):
    """Whether a caregiver has a number for the telephone; a new one is shown once, in this very answer."""

    permission = CLOCK_FOR
    http_method_names = ["get", "post"]

    @cached_property
    def member(self) -> Member:
        members = Member.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        return get_object_or_404(members.select_related("branch"), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show()

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if "revoke" in request.POST:
            revoke_pin(self.member, by=request.user)  # type: ignore[arg-type]
            return self.show(is_revoked=True)
        _row, pin = issue_pin(self.member, by=request.user)  # type: ignore[arg-type]
        return self.show(pin=pin)

    def show(self, **more: Any) -> HttpResponse:
        row = ClockPin.objects.filter(member=self.member).select_related("issued_by").first()
        context = {"member": self.member, "row": row, "number": settings.TELEPHONY_NUMBER, **more}
        return render(self.request, "scheduling/member_pin.html", context)


class ClientCard(PermissionMixin, View):
    """What hangs beside the telephone at a client's home: the number to call, what to key, the codes of the tasks."""

    permission = "scheduling.view_visit"
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
        record_view(client, by=request.user, what="telephone card")  # type: ignore[arg-type]
        plan = plan_in_force(client.pk, timezone.now())
        codes = codes_of(plan)
        tasks = [(codes[task.pk], task) for task in plan.tasks.all() if task.pk in codes] if plan else []
        context = {
            "client": client,
            "tasks": sorted(tasks, key=lambda one: one[0]),
            "number": settings.TELEPHONY_NUMBER,
        }
        return render(request, "scheduling/telephone_card.html", context)


class PracticeCall(PermissionMixin, View):
    """A telephone to practise with: the same conversation, and nothing of it is kept anywhere."""

    permission = CLOCK_FOR
    http_method_names = ["get", "post"]
    salt = "scheduling.practice_call"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(practice.begin_call())

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            kept = signing.loads(request.POST.get("call", ""), salt=self.salt, max_age=3600)
        except signing.BadSignature:
            messages.info(request, _("The practice call was over. It begins again."))
            return HttpResponseRedirect(reverse("scheduling:practice-call"))
        form = PracticeForm(request.POST)
        digits = form.cleaned_data["digits"] if form.is_valid() else ""
        return self.show(practice.go_on(kept, digits))

    def show(self, call: practice.PracticeCall) -> HttpResponse:
        context = {
            "call": call,
            "kept": signing.dumps(call.as_json(), salt=self.salt),
            "form": PracticeForm(),
            "pin": practice.PIN,
            "title": gettext_lazy("Practice telephone"),
        }
        return render(self.request, "scheduling/practice_call.html", context)

"""/reports/patrons/7/merge/: two records of one person, put together after a look at what follows, and taken apart."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import log
from members import roles
from members.models import Membership, Patron
from money.money import Money
from payments import names, seconds, wording
from payments.models import Donation, Payment
from people import duplicates, merge_plan
from people import merge as verbs
from people.models import Merge
from reports.merge_forms import MergeForm, OtherForm
from reports.views.wishes import HELPERS
from voting.merging import BallotNotFound, Fate


@roles.required(*HELPERS)
@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Which other record: one of those that are alike, or any by its number."""
    person = get_object_or_404(Patron, pk=pk)
    form = OtherForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("reports:merge", person.pk, form.cleaned_data["other"])
    likely = duplicates.of(person)
    shown = [one.patron.pk for one in likely]
    log.record(roles.patron_of(request), "patron.view", target=f"patron:{person.pk}", likely=shown)
    context = {
        "person": person, "name": _name(person), "form": form,
        "likely": [(one, _name(one.patron)) for one in likely],
    }  # fmt: skip
    return render(request, "reports/merge_choose.html", context, status=_status(form))


@roles.required(*HELPERS)
@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Both side by side, what goes over, what follows, what is for good; with POST it is done. Look and act are logged.

    The first number's record is kept.
    """
    kept, merged = get_object_or_404(Patron, pk=pk), get_object_or_404(Patron, pk=other)
    staff, form = roles.patron_of(request), MergeForm(request.POST if request.method == "POST" else None)
    try:
        if form.is_valid():
            verbs.merge(kept, merged, reason=form.cleaned_data["reason"], actor=staff)
            messages.success(request, _("The two records are one now."))
            return redirect("reports:patron", kept.pk)
        plan = merge_plan.plan(kept, merged)
    except (merge_plan.Refusal, BallotNotFound) as refusal:
        messages.error(request, refusal.sentence)
        return redirect("reports:patron", kept.pk)
    log.record(staff, "patron.view", target=f"patron:{kept.pk}", beside=merged.pk)
    log.record(staff, "patron.view", target=f"patron:{merged.pk}", beside=kept.pk)
    context = {
        "form": form, "kept": kept, "merged": merged, "name": _name(kept),
        "sides": [_side(kept), _side(merged)], "going": list(_going(plan)),
        "follows": list(_follows(plan)), "for_good": list(_for_good(plan)),
    }  # fmt: skip
    return render(request, "reports/merge.html", context, status=_status(form))


@roles.required(*HELPERS)
@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """What undoing a merge brings back and what it does not; with POST it is done, and logged."""
    done = get_object_or_404(Merge.objects.standing().select_related("kept", "merged"), pk=pk)
    form = MergeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            verbs.undo(done, reason=form.cleaned_data["reason"], actor=roles.patron_of(request))
        except merge_plan.Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("They are two records again."))
        return redirect("reports:patron", done.kept_id)
    log.record(roles.patron_of(request), "patron.view", target=f"patron:{done.kept_id}", beside=done.merged_id)
    context = {"form": form, "done": done, "name": _name(done.kept), "other": _name(done.merged)}
    return render(request, "reports/merge_undo.html", context, status=_status(form))


def _name(person: Patron) -> str:
    return names.of(person, names.Audience.PEOPLE)


def _status(form: Any) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _side(person: Patron) -> dict[str, Any]:
    """One of the two, as staff compare them."""
    language = get_language() or "en"
    running = Donation.objects.running().filter(patron=person).order_by("is_second", "pk")
    received = Payment.objects.received().filter(donation__patron=person).values_list("currency").order_by("currency")
    return {
        "person": person,
        "name": _name(person),
        "gifts": [wording.rhythm(gift, language) for gift in running],
        "memberships": Membership.objects.live().filter(patron=person).order_by("pk"),
        "received": [Money(minor, code).format(language) for code, minor in received.annotate(Sum("amount_minor"))],
    }


def _going(plan: merge_plan.Plan) -> Iterator[tuple[str, int]]:
    """What goes over and how many, where there is something."""
    labels = {
        "payments.Donation": _("Gifts"),
        "members.Membership": _("Memberships"),
        "members.GiftMembership": _("Gift memberships bought"),
        "payments.Statement": _("Statements"),
        "payments.BankAccount": _("Bank accounts remembered for transfers"),
        "voting.Suggestion": _("Suggestions"),
        "people.Note": _("Notes"),
        "members.Consent": _("Consents"),
        "mfa.Authenticator": _("Authenticator apps with their recovery codes"),
    }
    counts = {labels[model._meta.label]: count for model, count in plan.counts.items()}
    counts[_("Payments")] = plan.payments
    yield from ((label, count) for label, count in counts.items() if count)


def _follows(plan: merge_plan.Plan) -> Iterator[str]:
    """What will happen, in sentences."""
    language = get_language() or "en"
    for gift in plan.seconds:
        yield _(
            "%(gift)s, of the record that rests, runs on as a second gift. Its membership ends, and its giver is asked "
            "by letter whether it is added to the first or, within %(days)d days of its beginning, given back."
        ) % {"gift": wording.rhythm(gift, language), "days": seconds.TIME_TO_DECIDE.days}
    if any(membership.source == Membership.Source.GRANT for membership in plan.ends):
        yield _("Both have a granted membership. That of the record that rests ends.")
    if any(membership.paused_at for membership in plan.kept.memberships.live()) and plan.seconds:
        yield _("The membership that stays is paused. If it should be the other one, keep the other record.")
    for part in plan.ballots:
        yield _("Round %(round)s: %(fate)s") % {
            "round": part.round.title(language), "fate": Fate(part.fate).label
        }  # fmt: skip
    yield _(
        "Both addresses sign in to the record that is kept, and a gift from either arrives there. Letters go to %s."
    ) % (plan.kept.email)
    yield _("Both addresses are told by letter, and neither is told the other.")
    if plan.makes_neutral:
        yield _("From now on all letters are neutral ones, as the record that rests has them.")
    if plan.letters:
        told = ngettext(
            "%d letter stays with the record that rests; export and erasure look there too.",
            "%d letters stay with the record that rests; export and erasure look there too.",
            plan.letters,
        )
        yield told % plan.letters
    if plan.has_passkeys:
        yield _("Passkeys of the record that rests do not work any more. They can be set up anew.")
    yield _("Figures count one person, in months that are over as well; money stays in the month in which it came.")


def _for_good(plan: merge_plan.Plan) -> Iterator[str]:
    """What no undoing brings back."""
    if any(part.fate in {Fate.TAKEN_OUT, Fate.REPLACES} for part in plan.ballots):
        yield _("A ballot that is taken out is gone, and the record that rests does not vote in that round again.")
    if any(part.fate in {Fate.GOES_OVER, Fate.REPLACES} for part in plan.ballots):
        yield _("A ballot that goes over stays with the record that is kept.")
    if plan.seconds:
        yield _("What the giver decides about the second gift.")
    yield _("Whoever is signed in to the record that rests is signed out; exports under way there are asked for anew.")
    yield _("Once the person is erased, both records are, and nothing is taken apart any more.")

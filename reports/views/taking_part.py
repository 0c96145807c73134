"""/reports/participation/: who takes part in rounds, what comes of it, and what stands behind a topic."""

from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from members import roles
from members.models import Role
from newsroom import clock
from reports import charts
from reports.figure_forms import RoundForm
from reports.figures import taking_part
from reports.models import Progress
from reports.models.taking_part import FEWEST
from reports.templatetags.figures import brief, percent
from voting import publication

SHOWN = 60


@roles.required(*roles.EVERYONE)
@require_safe
def participation(request: HttpRequest) -> HttpResponse:
    """/reports/participation/?round=3&year=2026: rounds of a year, or the newest; and the money behind one of them."""
    turnouts = taking_part.turnouts()
    form = RoundForm(request.GET, rounds=[one.round for one in turnouts])
    role = roles.patron_of(request).role
    sees_money = role in roles.MONEY
    chosen = form.chosen()
    year = request.GET.get("year", "")
    of_year = [one for one in turnouts if f"{clock.day(one.round.closes_at):%Y}" == year]
    shown = of_year or turnouts[:SHOWN]
    context: dict[str, Any] = {
        "form": form, "chosen": chosen, "turnouts": shown, "years": taking_part.years(),
        "year": year if of_year else "",
        "promise": taking_part.promise(turnouts), "ages": taking_part.AGES, "fewest": FEWEST,
        "kept": [one for one in shown if one.kept],
        "progress": Progress.objects.get(id=1), "sees_money": sees_money,
        "sees_topics": role in (Role.EDITOR, Role.ADMIN), "chart": _chart(turnouts[:24][::-1]),
    }  # fmt: skip
    if chosen and sees_money:
        counts, sums = taking_part.behind(chosen)
        titles = publication.titles(chosen, get_language() or "en")
        context |= {
            "sums": sums,
            "topics": [(titles[topic], count, topic) for topic, count in counts.items() if topic in titles],
            "counts": counts,
        }
    return render(request, "reports/participation.html", context, status=200 if form.is_valid() else 400)


def _chart(turnouts: list[taking_part.Turnout]) -> charts.Chart | None:
    """From three rounds on: two columns say nothing."""
    shown = [one for one in turnouts if one.share is not None]
    shares, language = [one.share or Fraction(0) for one in shown], get_language() or "en"
    said = [f"{one.round.title(language)}: {percent(one.share)}" for one in shown]
    return charts.columns(
        "participation", _("Of those who could vote when a round opened, the share that did"),
        [brief(clock.day(one.round.closes_at)) for one in shown], [(_("Voted"), shares, said)],
        peak=percent(max(shares, default=None)),
    ) if len(shown) > 2 else None  # fmt: skip

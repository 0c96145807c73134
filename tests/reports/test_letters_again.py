"""Staff send a letter or a receipt once more, to where its reader is reached now; never one that lets in."""

from collections.abc import Callable

from django.test import Client

from audit.models import StaffAction
from letters.models import Letter
from members.models import Patron
from payments.models import Payment

WISH = {"wish": "w1"}


def test_a_letter_goes_out_again_word_for_word_to_the_present_address(
    staff: Callable[[str], Client], olena: Patron
) -> None:
    support, page = staff("support"), f"/reports/patrons/{olena.pk}/letters/"
    first = Letter.objects.get(occasion="receipt")
    assert "Send it again" in support.get(page).content.decode()
    Patron.objects.filter(pk=olena.pk).update(email="olena@new.example")
    for _click in range(2):
        assert support.post(page, {**WISH, "letter": first.pk}, follow=True).status_code == 200
    again = Letter.objects.exclude(pk=first.pk).get()
    assert (again.to, again.state, again.attachment) == ("olena@new.example", "queued", first.attachment)
    assert (again.subject, again.text, again.html) == (first.subject, first.text, first.html)
    assert again.message_id != first.message_id
    link = StaffAction.objects.filter(action="letter.resend").latest("pk")
    assert (link.target, link.facts) == (f"patron:{olena.pk}", {"letter": first.pk})


def test_codes_sealed_emptied_and_other_peoples_letters_do_not_go_out_again(
    staff: Callable[[str], Client], olena: Patron
) -> None:
    support, page = staff("support"), f"/reports/patrons/{olena.pk}/letters/"
    letter = Letter.objects.get(occasion="receipt")
    marko = Patron.objects.create(email="marko@example.org")
    for change in (
        {"occasion": "sign_in_code"}, {"sealed": "x"}, {"text": ""}, {"patron": marko, "to": "marko@example.org"},
    ):  # fmt: skip
        before = {name: getattr(letter, name) for name in change}
        Letter.objects.filter(pk=letter.pk).update(**change)
        assert support.post(page, {**WISH, "letter": letter.pk}).status_code == 404, change
        assert 'name="letter"' not in support.get(page).content.decode()
        Letter.objects.filter(pk=letter.pk).update(**before)
    for number in ("", "x", "9" * 30, "-1"):
        assert support.post(page, {**WISH, "letter": number}).status_code == 404
    assert support.post(page, {"wish": "a b", "letter": letter.pk}).status_code == 302
    assert Letter.objects.count() == 1


def test_a_receipt_goes_out_again_although_its_first_letter_is_kept_no_longer(
    staff: Callable[[str], Client], payment: Payment
) -> None:
    Letter.objects.all().delete()
    finance = staff("finance")
    for _click in range(2):
        finance.post(f"/reports/payments/{payment.pk}/receipt/", WISH)
    again = Letter.objects.get()
    assert (again.occasion, again.attachment) == ("receipt", f"receipt:{payment.receipt.pk}")
    assert StaffAction.objects.filter(action="receipt.resend", target=f"payment:{payment.pk}").exists()

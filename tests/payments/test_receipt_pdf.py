"""The receipt as a PDF, read back from its bytes."""

import hashlib
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from newsroom.models import Newsroom
from payments import paper, receipt_pdf
from payments.models import Receipt
from tests.payments import rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def newsroom() -> Newsroom:
    row = Newsroom.current()
    row.public_name, row.legal_name = "Берег", "ГО «Берег»"
    row.address, row.registration = "вул. Хрещатик, 1\n01001 Київ", "12345678"
    row.receipt_wording_en, row.receipt_wording_uk = "This gift is not tax deductible.", "Дякуємо, що Ви з нами."
    row.save()
    return row


def text_of(receipt: Receipt) -> str:
    """What stands on the page, every run of white space as one space."""
    pages = PdfReader(BytesIO(receipt_pdf.pdf(receipt))).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def test_receipt_says_who_what_when_how_and_for_what() -> None:
    donation = rows.monthly()
    text = text_of(rows.receipt(rows.payment(donation, invoice=rows.invoice(donation, status="paid"))))
    for part in (
        "No. 2026-000012", "€5.00 (EUR)", "1 December 2026", "Visa ····4242", "Olena Bondar",
        "monthly support, 1 December 2026 to 30 December 2026",
        "ГО «Берег»", "вул. Хрещатик, 1", "Registration: 12345678", "This gift is not tax deductible.",
    ):  # fmt: skip
        assert part in text
    assert "Returned" not in text


@pytest.mark.parametrize(
    ("currency", "printed"),
    [
        ("UAH", "5,00\xa0₴"), ("EUR", "5,00\xa0€"), ("GBP", "5,00\xa0£"), ("USD", "5,00\xa0$"),
        ("PLN", "5,00\xa0PLN"), ("JPY", "500\xa0¥"),
    ],
)  # fmt: skip
def test_every_currency_prints_in_ukrainian(currency: str, printed: str) -> None:
    text = text_of(rows.receipt(rows.payment(rows.once(language="uk", amount_minor=500, currency=currency))))
    assert printed.replace("\xa0", " ") in text
    assert "Дякуємо, що Ви з нами." in text


@pytest.mark.parametrize("sign", ["₴", "€", "£", "zł", "¥", "Її", "Єє", "Ґґ", "ʼ"])
def test_font_has_the_sign(sign: str) -> None:
    paper._register_fonts()
    for name in paper.FONTS:
        face: Any = pdfmetrics.getFont(name).face
        assert all(ord(letter) in face.charToGlyph for letter in sign)


def test_same_rows_give_the_same_bytes() -> None:
    receipt = rows.receipt(rows.payment(rows.once()))
    first, second = receipt_pdf.pdf(receipt), receipt_pdf.pdf(Receipt.objects.get(pk=receipt.pk))
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()


def test_refunds_stand_on_the_receipt_and_failed_ones_do_not() -> None:
    paid = rows.payment(rows.once())
    receipt = rows.receipt(paid)
    rows.refund(paid, 500)
    rows.refund(paid, 700, status="failed")
    text = text_of(receipt)
    assert "Refunded on 31 December 2026 −£5.00" in text
    assert "Remains £20.00" in text
    assert "£7.00" not in text


def test_money_taken_back_by_the_bank_stands_on_the_receipt() -> None:
    paid = rows.payment(rows.once(), disputed_minor=2500)
    text = text_of(rows.receipt(paid))
    assert "Taken back by the bank −£25.00" in text
    assert "Remains £0.00" in text


def test_giver_without_a_name_is_named_by_address_and_an_erased_one_not_at_all() -> None:
    donation = rows.once(name="", email="guest@example.org", patron=None)
    receipt = rows.receipt(rows.payment(donation))
    assert "guest@example.org" in text_of(receipt)
    donation.email = ""
    donation.save()
    assert "a giver without a name" in text_of(Receipt.objects.get(pk=receipt.pk))


def test_markup_in_a_name_is_printed_as_it_was_typed() -> None:
    receipt = rows.receipt(rows.payment(rows.once(name="<b>A & B</b> <img src='file:///etc/passwd'/>")))
    assert "<b>A & B</b> <img src='file:///etc/passwd'/>" in text_of(receipt)


def test_logo_is_printed_and_a_long_name_still_fits_one_page(newsroom: Newsroom) -> None:
    newsroom.logo, newsroom.logo_type = _png(), "image/png"
    newsroom.public_name = "Дуже довга назва редакції " * 3
    newsroom.save()
    receipt = rows.receipt(rows.payment(rows.once(name="А" * 100)))
    page = PdfReader(BytesIO(receipt_pdf.pdf(receipt))).pages[0]
    assert len(page.images) == 1
    assert "А" * 30 in page.extract_text()


def test_attachment_is_found_by_the_receipt_and_named_by_its_number() -> None:
    made = receipt_pdf.attachment(str(rows.receipt(rows.payment(rows.once())).pk))
    assert (made.filename, made.mimetype, made.content[:5]) == ("receipt-2026-000012.pdf", "application/pdf", b"%PDF-")


def _png() -> bytes:
    """A red picture of two by two points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\x00" + b"\xff\x00\x00" * 2) * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")

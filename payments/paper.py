"""The paper that receipts and statements are printed on: pages of A4 as PDF. The same words give the same bytes."""

from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import HRFlowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table

from money.money import Money
from newsroom import theme
from newsroom.models import Newsroom

# Has Cyrillic and the signs of all currencies, the hryvnia's too, which the fonts built into PDF lack.
FONTS = {"DejaVuSans": "DejaVuSans.ttf", "DejaVuSans-Bold": "DejaVuSans-Bold.ttf"}
PRINTABLE_LOGOS = {"image/png", "image/jpeg"}
INK, QUIET, RULE = HexColor("#1f1b16"), HexColor("#5c5347"), HexColor("#cfc6b8")
WIDTH = A4[0] - 44 * mm - 12  # reportlab's frame has a padding of six points

Row = tuple[str, str]


def build(parts: list[Any], *, title: str, author: str, language: str) -> bytes:
    """The file."""
    paper = BytesIO()
    document = SimpleDocTemplate(
        paper, pagesize=A4, invariant=1, lang=language, title=title, author=author, creator="Hromada",
        leftMargin=22 * mm, rightMargin=22 * mm, topMargin=20 * mm, bottomMargin=20 * mm,
    )  # fmt: skip
    document.build(parts)
    return paper.getvalue()


def head(*, name: str, accent: str, kind: str, number: object, day: str, logo: list[Any]) -> list[Any]:
    """Whose paper it is; what it is, its number and its day."""
    colour = HexColor(theme.readable(accent, "#ffffff"))
    title = [
        paragraph(kind, 15, bold=True, right=True),
        paragraph(_("No. %(number)s") % {"number": number}, 11, right=True),
        paragraph(day, 10, right=True, colour=QUIET),
    ]
    both = Table(
        [[[*logo, paragraph(name, 15, bold=True, colour=colour)], title]], colWidths=[WIDTH * 0.6, WIDTH * 0.4]
    )
    both.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_NO_PADDING])
    return [both, Spacer(1, 6 * mm), HRFlowable(width="100%", thickness=2, color=colour, spaceAfter=8 * mm)]


def foot(own_words: str, issuer: list[str]) -> list[Any]:
    """The newsroom's own sentence, and the lines of who issues this."""
    return [
        Spacer(1, 10 * mm),
        *([paragraph(own_words, 10), Spacer(1, 10 * mm)] if own_words else []),
        HRFlowable(width="100%", thickness=0.5, color=RULE, spaceAfter=4 * mm),
        paragraph("\n".join(issuer), 9, colour=QUIET),
    ]


def issuer(newsroom: Newsroom) -> list[str]:
    """Legal name, address and registration, in the language of the paper."""
    registration = _("Registration: %(number)s") % {"number": newsroom.registration} if newsroom.registration else ""
    return [line for line in (newsroom.legal_name, newsroom.address, registration) if line]


def logo(newsroom: Newsroom) -> list[Any]:
    """The newsroom's logo, if it has one that PDF can hold."""
    if not newsroom.logo or newsroom.logo_type not in PRINTABLE_LOGOS:
        return []
    image = Image(BytesIO(bytes(newsroom.logo)), hAlign="LEFT")
    scale = min(60 * mm / image.imageWidth, 18 * mm / image.imageHeight)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    return [image, Spacer(1, 3 * mm)]


def facts(rows: list[Row]) -> Table:
    """Pairs of label and value."""
    return table([[paragraph(label, 10, colour=QUIET), paragraph(value, 11)] for label, value in rows], [0.35, 0.65])


def table(cells: list[list[Any]], shares: list[float]) -> Table:
    """Rows with a rule under each; `shares` of the width."""
    ruled = Table(cells, colWidths=[WIDTH * share for share in shares])
    rules = [("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    ruled.setStyle([*rules, ("LEFTPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 6)])
    return ruled


def amount(money: Money, language: str) -> str:
    """With the currency's code where a sign stands for it: several currencies are called dollar."""
    printed = money.format(language)
    return printed if money.currency in printed else f"{printed} ({money.currency})"


def gap(height: float) -> Spacer:
    """White space; millimetres."""
    return Spacer(1, height * mm)


def paragraph(text: str, size: int, *, bold: bool = False, right: bool = False, colour: Any = INK) -> Paragraph:
    """Text as it is, with its line breaks; markup in it is printed, not read."""
    _register_fonts()
    style = ParagraphStyle(
        "text",
        fontName="DejaVuSans-Bold" if bold else "DejaVuSans",
        fontSize=size,
        leading=size * 1.45,
        textColor=colour,
        alignment=TA_RIGHT if right else 0,
        splitLongWords=1,
    )
    return Paragraph("<br/>".join(escape(line) for line in text.splitlines()), style)


_NO_PADDING = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


@cache
def _register_fonts() -> None:
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, settings.BASE_DIR / "static/vendor/dejavu" / file))

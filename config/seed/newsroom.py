"""The invented newsroom itself: its name, its levels, its articles and appeals."""

from datetime import date, timedelta

from asks.models import Ask, Origin
from members.models import Tier, TierThreshold
from newsroom.models import Newsroom
from stories.models import Story

NAME = "Голос Пагорба"
SITE = "https://holos-pahorba.example.org"
# Slug, names, and from which monthly amount (minor units) on.
TIERS = (
    ("neighbour", "Neighbour", "Сусід", {"EUR": 200, "USD": 200, "GBP": 200, "UAH": 5_000, "PLN": 800, "JPY": 300}),
    ("friend", "Friend", "Друг", {"EUR": 1000, "USD": 1000, "GBP": 1000, "UAH": 50_000, "PLN": 5_000, "JPY": 1500}),
    ("pillar", "Pillar", "Опора", {"EUR": 2000, "USD": 2000, "GBP": 2000, "UAH": 100_000, "PLN": 10_000, "JPY": 3000}),
)
STORIES = (
    ("richka-bez-mostu", "Річка без мосту: як живе село, яке три роки чекає на переправу"),
    ("shkola-v-pidvali", "Школа в підвалі: один день із сьомим «Б»"),
    ("hroshi-na-dorohu", "Куди поділися гроші на дорогу до Верхнього Пагорба"),
    ("pekarnia", "Пекарня, що не зачинилася жодного дня"),
    ("voda", "Чому вода з крана пахне: аналіз, якого не зробила громада"),
    ("poshtarka", "Поштарка Ганна і тридцять кілометрів щодня"),
    ("lis", "Ліс, якого нема на мапі: хто рубає заповідне"),
    ("neighbours-abroad", "Neighbours abroad: who sends money home, and why"),
    ("arkhiv", "Архів у валізі: родина повертає листи 1946 року"),
    ("biudzhet", "Бюджет громади простими словами"),
)
ASKS = (
    ("kava", "Одна кава на місяць"),
    ("story-end", "Наприкінці статті"),
    ("winter", "Winter appeal"),
)
CAMPAIGNS = ("", "", "", "newsletter", "winter-2025", "instagram")


def settle(until: date) -> list[Origin]:
    """Writes the newsroom's row, levels, articles and appeals; returns where givers come from."""
    _describe(Newsroom.current())
    for slug, english, ukrainian, thresholds in TIERS:
        tier = Tier.objects.create(slug=slug, name_en=english, name_uk=ukrainian)
        TierThreshold.objects.bulk_create(
            [TierThreshold(tier=tier, currency=code, monthly_minor=minor) for code, minor in thresholds.items()]
        )
    stories = Story.objects.bulk_create(
        [
            Story(url=f"{SITE}/{slug}/", title=title, published_on=until - timedelta(days=17 + 67 * n))
            for n, (slug, title) in enumerate(STORIES)
        ]
    )
    asks = Ask.objects.bulk_create([Ask(slug=slug, title=title) for slug, title in ASKS])
    combinations = {
        (
            stories[n % len(stories)] if n % 4 else None,
            asks[n % len(asks)] if n % 5 else None,
            CAMPAIGNS[n % len(CAMPAIGNS)],
        )
        for n in range(40)
    }
    origins = [Origin(story=story, ask=ask, campaign=campaign) for story, ask, campaign in combinations]
    origins.sort(key=lambda origin: (origin.story_id or 0, origin.ask_id or 0, origin.campaign))
    return Origin.objects.bulk_create(origins)


def _describe(newsroom: Newsroom) -> None:
    newsroom.legal_name = "ГО «Медіа „Голос Пагорба“»"
    newsroom.public_name = NAME
    newsroom.address = "вул. Вигадана, 7\n79000 Верхній Пагорб"
    newsroom.registration = "ЄДРПОУ 00000000"
    newsroom.accent = "#1d5c63"
    newsroom.zone = "Europe/Kyiv"
    newsroom.languages = ["uk", "en"]
    newsroom.reply_to = "spilnota@example.org"
    newsroom.finance_email = "finance@example.org"
    newsroom.bank_details = (
        "ГО «Медіа „Голос Пагорба“»\nIBAN UA00 0000 0000 0000 0000 0000 0000 0\nБлаготворна пожертва"
    )
    newsroom.receipt_wording_uk = "Благодійна пожертва на статутну діяльність. Без ПДВ."
    newsroom.receipt_wording_en = "A voluntary gift to our work as a non-profit. No VAT."
    newsroom.full_clean()
    newsroom.save()

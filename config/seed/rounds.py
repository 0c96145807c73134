"""Votes of the invented newsroom, held by the product's own verbs: one decided, one ranked, one that is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from config.seed import past_clock
from stories.models import Story
from voting import ballots, rounds, topics
from voting.models import Mailing, RollEntry, Round, Topic, TopicState

# English title, Ukrainian title, pitches, and what the newsroom would do.
TOPICS = {
    "water": (
        "Why the tap water smells",
        "Чому вода з крана пахне",
        "The town's own laboratory was closed in 2023. Nobody has measured since.",
        "Лабораторію громади закрили 2023 року. Відтоді ніхто не міряв.",
        "Take samples in eight streets and have them tested by two laboratories.",
        "Візьмемо проби на восьми вулицях і перевіримо у двох лабораторіях.",
    ),
    "road": (
        "The road that was paid for twice",
        "Дорога, за яку заплатили двічі",
        "Two contracts, one road, and the same holes as before.",
        "Два договори, одна дорога й ті самі ями.",
        "Read the contracts and the bills, and walk the road with an engineer.",
        "Прочитаємо договори й рахунки та пройдемо дорогу з інженером.",
    ),
    "school": (
        "Lessons below ground",
        "Уроки під землею",
        "What a winter in the shelter does to children, and what helps.",
        "Що робить із дітьми зима в укритті й що допомагає.",
        "Spend a week with one class, its teacher and its parents.",
        "Проведемо тиждень з одним класом, учителькою й батьками.",
    ),
    "forest": (
        "Who cuts the old forest",
        "Хто рубає старий ліс",
        "Trees vanish at night, and the permits are in order.",
        "Дерева зникають уночі, а дозволи в порядку.",
        "Compare permits with satellite pictures of five years.",
        "Порівняємо дозволи із супутниковими знімками за п’ять років.",
    ),
    "rent": (
        "Rents after three years of arrivals",
        "Оренда після трьох років приїздів",
        "Who can still afford to live near their work.",
        "Хто ще може дозволити собі жити поруч із роботою.",
        "Collect two hundred rents from readers and compare them.",
        "Зберемо від читачів двісті сум оренди й порівняємо.",
    ),
    "clinic": (
        "The clinic without a doctor",
        "Амбулаторія без лікаря",
        "Six villages share one ambulance and no physician.",
        "Шість сіл мають одну швидку й жодного лікаря.",
        "Follow the ambulance for a day, and ask the district why.",
        "Проїдемо день зі швидкою й спитаємо в району, чому так.",
    ),
    "mines": (
        "Fields that wait to be cleared",
        "Поля, що чекають на розмінування",
        "Farmers sow around the signs, because they must.",
        "Фермери сіють довкола табличок, бо мусять.",
        "Explain the queue: who decides which field is next.",
        "Пояснимо чергу: хто вирішує, яке поле наступне.",
    ),
    "bakery": (
        "The bakery that never closed",
        "Пекарня, що не зачинялася",
        "How one oven fed a whole district without power.",
        "Як одна піч годувала цілий район без світла.",
        "Tell it as a portrait, with recipes.",
        "Розкажемо портретом, з рецептами.",
    ),
    "veterans": (
        "Coming home: veterans and work",
        "Повернення: ветерани й робота",
        "Who hires, who only promises, and what the law says.",
        "Хто наймає, хто лише обіцяє й що каже закон.",
        "Ask thirty employers and thirty veterans the same questions.",
        "Поставимо ті самі запитання тридцятьом роботодавцям і тридцятьом ветеранам.",
    ),
    "power": (
        "Who earns by the blackouts",
        "Хто заробляє на темряві",
        "Generators cost twice what they did, and somebody sells them.",
        "Генератори подорожчали вдвічі, і хтось їх продає.",
        "Follow the price from the border to the shop.",
        "Простежимо ціну від кордону до крамниці.",
    ),
    "archive": (
        "Letters from 1946",
        "Листи 1946 року",
        "A family brings back what the post office kept.",
        "Родина повертає те, що зберегла пошта.",
        "Publish the letters with what became of their writers.",
        "Опублікуємо листи й розповімо, що сталося з авторами.",
    ),
    "budget": (
        "The budget in plain words",
        "Бюджет простими словами",
        "Where a hundred hryvnias of tax go.",
        "Куди йдуть сто гривень податку.",
        "Draw it, and check it with the council's own books.",
        "Намалюємо й перевіримо за книгами ради.",
    ),
}


@dataclass(frozen=True)
class Vote:
    """One round: its words, days before the end of the past, topics, rules, and how many take part at least."""

    slug: str
    titles: tuple[str, str]
    opens: int
    closes: int
    topics: tuple[str, ...]
    voters: int
    rules: dict[str, Any]


DECIDED = Vote(
    "autumn", ("What do we look into this autumn?", "Що досліджуємо цієї осені?"), 60, 46,
    ("water", "road", "school", "forest", "rent", "clinic", "mines", "bakery"), 64, {"slots": 3},
)  # fmt: skip
RANKED = Vote(
    "series", ("Which story becomes a series?", "Яка історія стане серією?"), 34, 20,
    ("power", "veterans", "archive", "budget"), 58,
    {"method": "schulze", "ballot": "ranking", "most": 4, "asks_consent": True},
)  # fmt: skip
OPEN = Vote(
    "winter", ("What do we report on this winter?", "Про що писати цієї зими?"), 3, -11, (), 37,
    {"slots": 2, "offers_none": True},
)  # fmt: skip


def write(seed: int, until: datetime) -> None:
    """The votes and what came of the first. Call it in the transaction of the past, once its members are there."""
    with past_clock.any_time():
        chance = Random(seed)  # noqa: S311  nothing here is secret
        for vote in (DECIDED, RANKED):
            held = _open(vote, until)
            _cast(held, vote, chance)
            with past_clock.at(held.closes_at):
                rounds.close_due()
                rounds.count_due()
        _follow_up(until)
        left = Topic.objects.filter(state=TopicState.NOT_CHOSEN).order_by("pk")[:6]
        running = _open(OPEN, until, list(left))
        _cast(running, OPEN, chance)
        # Its letters went out when it opened.
        Mailing.objects.create(round=running, occasion="round_opened", done_at=running.opened_at)


def _open(vote: Vote, until: datetime, known: list[Topic] | None = None) -> Round:
    opens = until - timedelta(days=vote.opens)
    with past_clock.at(opens - timedelta(days=5)):
        named = known or [_topic(name) for name in vote.topics]
        draft = rounds.draft(
            actor=None, slug=f"{vote.slug}-{opens.year}", title_en=vote.titles[0], title_uk=vote.titles[1],
            opens_at=opens, closes_at=until - timedelta(days=vote.closes), **vote.rules,
        )  # fmt: skip
        rounds.set_topics(draft, [(topic, 1) for topic in named], actor=None)
        rounds.schedule(draft, actor=None)
    with past_clock.at(opens):
        rounds.open_due()
    draft.refresh_from_db()
    return draft


def _topic(name: str) -> Topic:
    title_en, title_uk, pitch_en, pitch_uk, plan_en, plan_uk = TOPICS[name]
    return topics.make(
        actor=None, title_en=title_en, title_uk=title_uk, pitch_en=pitch_en, pitch_uk=pitch_uk, plan_en=plan_en,
        plan_uk=plan_uk,
    )  # fmt: skip


def _cast(held: Round, vote: Vote, chance: Random) -> None:
    """Three circles of readers, who like different things, and every twentieth leaves the ballot blank."""
    named = [entry.topic.slug for entry in held.entries.select_related("topic")]
    roll = list(RollEntry.objects.filter(round=held).select_related("patron").order_by("patron"))
    voters = chance.sample(roll, min(max(vote.voters, len(roll) // 16), len(roll)))
    with past_clock.at(held.opens_at + timedelta(days=1)):
        for number, entry in enumerate(voters):
            circle = chance.choices((0, 1, 2), (50, 30, 20))[0]
            liked = sorted(named, key=lambda topic: chance.random() * (1 if named.index(topic) % 3 == circle else 3))
            taken = liked[: chance.randint(1, held.most or 3)] if number % 20 else []
            choices: list[Any] = [[topic] for topic in taken] if held.ballot == "ranking" else taken
            ballots.cast(held, entry.patron, choices=choices)


def _follow_up(until: datetime) -> None:
    """Of the first vote's three stories one is out, one is being reported, one is assigned."""
    story = Story.objects.order_by("-published_on").first()
    way = [TopicState.ASSIGNED, TopicState.IN_REPORTING, TopicState.PUBLISHED]
    decided = Topic.objects.filter(state=TopicState.CHOSEN, entries__round__slug__startswith=DECIDED.slug)
    for place, topic in enumerate(decided.order_by("pk")):
        for number, state in enumerate(way[: len(way) - place]):
            with past_clock.at(until - timedelta(days=40 - 17 * number)):
                topics.move(topic, state, story=story if state == TopicState.PUBLISHED else None)

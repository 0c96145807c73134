"""The reader's addresses, and the newsroom's colour and logo."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from newsroom import views as newsroom
from public import gift_pages, result_pages, round_pages, topic_pages, views

app_name = "public"

urlpatterns = [
    path("", views.home, name="home"),
    path("support/", views.support, name="support"),
    path("support/thanks/", views.thanks, name="thanks"),
    path("support/other/", views.other, name="other"),
    path("support/raise/", views.raise_gift, name="raise"),
    path("support/second/<str:token>/", views.second, name="second"),
    path("support/gift/", gift_pages.buy, name="gift"),
    path("support/gift/claim/<str:token>/", gift_pages.claim, name="gift-claim"),
    path("supporters/", views.supporters, name="supporters"),
    path("topics/", topic_pages.listing, name="topics"),
    path("topics/words.json", topic_pages.words, name="topic-words"),
    path("topics/suggest/", topic_pages.suggest, name="suggest"),
    path("topics/follow/", topic_pages.follow, name="follow"),
    path("topics/<slug:slug>/", topic_pages.topic, name="topic"),
    path("rounds/", result_pages.listing, name="rounds"),
    path("rounds/<slug:slug>/results/", result_pages.results, name="round-results"),
    path("rounds/<slug:slug>/results/<int:version>/", result_pages.results, name="round-results"),
    path("rounds/<slug:slug>/bundle.zip", result_pages.bundle, name="round-bundle"),
    path("rounds/<slug:slug>/results/<int:version>/bundle.zip", result_pages.bundle, name="round-bundle"),
    path("rounds/<slug:slug>/", round_pages.round_page, name="round"),
    path("privacy/", views.privacy, name="privacy"),
    path("cookies/", views.cookies_page, name="cookies"),
    # Exempt, so that a page which only offers another language sets no cookie. What it changes is worth no guard.
    path("language/", csrf_exempt(set_language), name="language"),
    path("theme.css", newsroom.style, name="theme"),
    path("logo", newsroom.logo, name="logo"),
]

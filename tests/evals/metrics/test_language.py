"""Languages by texts of each: a sentence of the Universal Declaration of Human Rights, article 1, and everyday ones."""

# ruff: noqa: RUF001, E501 - other scripts are the point; a text stands whole

from __future__ import annotations

import random

import pytest

from tests.evals.metrics.scoring import COUNT, scored, value
from tracekit.evals.metrics.language import languages
from tracekit.evals.score import Status

TEXTS = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten.",
    "sv": "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i nie tylko.",
    "ru": "Все люди рождаются свободными и равными в своём достоинстве и правах.",
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "he": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "ja": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "zh": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。",
    "th": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "fa": "تمام افراد بشر آزاد زاده می‌شوند و از لحاظ حیثیت و کرامت و حقوق با هم برابرند. پیش گرفتن",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_text_is_in_its_language_and_in_no_other(code: str) -> None:
    assert languages(TEXTS[code]) == [code]
    for other in TEXTS:
        assert value("language_adherence", {"language": other}, output=TEXTS[code]) == float(other == code)


def test_it_is_that_of_the_input_where_none_is_named() -> None:
    for code, text in TEXTS.items():
        assert value("language_adherence", input=text, output=text) == 1.0
        other = TEXTS["en" if code != "en" else "ja"]
        assert value("language_adherence", input=text, output=other) == 0.0
        assert value("language_adherence", input=other, expected=text, output=text) == 1.0


def test_words_in_any_order_are_still_in_their_language() -> None:
    chance = random.Random(1)
    for _ in range(COUNT):
        code = chance.choice(["en", "de", "fr", "es", "it", "pl", "ru", "ja"])
        words = TEXTS[code].split()
        chance.shuffle(words)
        text = " ".join(words) + chance.choice(["", " 42", " https://x", " 🙂"])
        assert value("language_adherence", {"language": code}, output=text) == 1.0


@pytest.mark.parametrize("output", ["", "42", "OK", "Paris", "de", "🙂🙂"])
def test_too_little_is_not_decided(output: str) -> None:
    score = scored("language_adherence", {"language": "en"}, output=output)
    assert (score.status, score.value) == (Status.INCONCLUSIVE, None)


def test_codes() -> None:
    assert value("language_adherence", {"language": "de-AT"}, output=TEXTS["de"]) == 1.0
    assert value("language_adherence", {"language": "pt_BR"}, output=TEXTS["pt"]) == 1.0
    for language in ("klingon", "", 5):
        assert scored("language_adherence", {"language": language}, output="x").status is Status.INVALID
    score = scored("language_adherence", input="42", output=TEXTS["de"])
    assert (score.status, "name it in `language`" in str(score.rationale)) == (Status.INCONCLUSIVE, True)

"""Which language an output is in: by its script, and by the commonest words of languages that share the Latin one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tracekit.evals.fields import as_text, shown, verdict
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "en": (
            "the of and to in is that it for was on are with as be this have from or by not but what all were we when "
            "your can there which their has will about how you i they he she would do if my an at"
        ),
        "de": (
            "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus "
            "er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber "
            "ich wir ihr kann"
        ),
        "fr": (
            "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec elle "
            "être mais nous vous je ont cette aux ou son leur fait comme tout très était ses c'est d'un l'on"
        ),
        "es": (
            "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este sí "
            "porque esta entre cuando muy sin sobre también me hasta hay donde quien desde está son fue ha"
        ),
        "it": (
            "di e che la il un a per è in una sono mi ho lo ma le ci con non ti si da i del della nel come più al "
            "anche questo gli era alla dei delle essere ha molto tutti sua perché dal nella io"
        ),
        "pt": (
            "de que e o a do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à "
            "seu sua ou ser quando muito há nos já está eu também só pelo pela até isso você são"
        ),
        "nl": (
            "de van een het en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog naar "
            "heeft ze door over zij hij je ik we kan wordt deze worden wat meer tot geen werd al"
        ),
        "sv": (
            "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när "
            "år säger hon under också efter eller nu sin där vid mot ska skulle kommer"
        ),
        "da": (
            "og i at det er en til på som for med den de af ikke der har et jeg om var han men vi kan så sig fra skal "
            "blev eller hun når også mod efter hvor nu ved meget over ud"
        ),
        "pl": (
            "w i na się z nie do to że jest o jak po co ale od za przez dla są przy już tym tylko czy jego być może "
            "ich był który która które ma oraz także bardzo jako lub gdy"
        ),
        "tr": (
            "ve bir bu da de için ile çok ne gibi daha olarak olan var sonra kadar en ama o ben sen mi değil her şey "
            "biz bunu ya onun ki veya ise yok olduğu"
        ),
        "id": (
            "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka lebih kita "
            "oleh atau bisa seperti adalah telah sudah anda dapat tersebut"
        ),
    }.items()
}
"""The commonest words of each language: articles, pronouns, prepositions, conjunctions, auxiliaries."""

_SCRIPTS: Mapping[str, frozenset[str]] = {
    "latin": frozenset(_WORDS),
    "cyrillic": frozenset({"ru", "uk", "bg", "sr", "be", "mk"}),
    "greek": frozenset({"el"}),
    "hebrew": frozenset({"he"}),
    "arabic": frozenset({"ar", "fa", "ur"}),
    "devanagari": frozenset({"hi", "mr", "ne"}),
    "bengali": frozenset({"bn"}),
    "tamil": frozenset({"ta"}),
    "telugu": frozenset({"te"}),
    "thai": frozenset({"th"}),
    "georgian": frozenset({"ka"}),
    "armenian": frozenset({"hy"}),
    "hangul": frozenset({"ko"}),
    "kana": frozenset({"ja"}),
    "cjk": frozenset({"zh", "ja"}),
}
"""Scripts by the first word of their letters' Unicode names, and the languages that are written in them."""
_OWN_LETTERS: Mapping[str, Mapping[str, str]] = {
    "cyrillic": {"uk": "іїєґ", "be": "ўі", "ru": "ыэё", "sr": "ђћџљњј", "mk": "ѓќѕј"},
    "arabic": {"fa": "پچژگ", "ur": "ٹڈڑں"},
}
"""Letters that languages of one script do not share."""
LANGUAGES = tuple(sorted({name for names in _SCRIPTS.values() for name in names}))
"""ISO 639-1 codes that can be told."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_MOST, _LEAST_LETTERS, _LEAST_WORDS, _LEAD = 20_000, 3, 2, 1.25


@metric(
    inputs=["output", "language|expected|input"],
    binary=True,
    source="script, letters and commonest words; checked against a corpus in the tests",
)
def language_adherence(row: Row, *, language: Any = None) -> Score:
    """Whether the output is in the language that `language` names (en, de, ...), else in that of `expected` or `input`.

    Told by script, by letters, and for Latin script by its commonest words; a text too short to tell is `inconclusive`.
    """
    wanted = language if language is not None else _told(as_text(_reference(row), "the text to compare with"))
    if wanted is None:
        return failed(
            Status.INCONCLUSIVE, "the language of the text to compare with cannot be told; name it in `language`."
        )
    code = wanted.lower().replace("_", "-").partition("-")[0] if isinstance(wanted, str) else wanted
    if code not in LANGUAGES:
        raise InvalidRowError(f"language is {shown(wanted)}; those that can be told are {', '.join(LANGUAGES)}.")
    found = languages(as_text(row.output, "output"))
    if not found or (len(found) > 1 and code in found):
        return failed(
            Status.INCONCLUSIVE, f"the output may be in {', '.join(found) or 'any language'}: too little to tell."
        )
    return verdict(code in found, languages=sorted(found), language=code)


def languages(text: str) -> list[str]:
    """The languages that a text may be in, most likely first; none where it has too little."""
    letters = Counter(_script(sign) for sign in text[:_MOST] if sign.isalpha())
    letters.pop("", None)
    if letters.total() < _LEAST_LETTERS:
        return []
    if letters["kana"] and letters["kana"] + letters["cjk"] > letters.total() / 2:
        return ["ja"]
    script = letters.most_common(1)[0][0]
    if script == "latin":
        return _latin(text[:_MOST])
    if script == "cjk":
        return ["zh"]
    lowered = text[:_MOST].lower()
    own = {name: sum(map(lowered.count, signs)) for name, signs in _OWN_LETTERS.get(script, {}).items()}
    if any(own.values()):
        most = max(own.values())
        return [name for name, count in own.items() if count == most]
    return sorted(_SCRIPTS[script])


def _latin(text: str) -> list[str]:
    words = [word.casefold().replace("\u2019", "'") for word in _WORD.findall(text)]
    hits = {name: sum(word in common for word in words) for name, common in _WORDS.items()}
    most = max(hits.values())
    if most < _LEAST_WORDS:
        return []
    near = [name for name, count in hits.items() if count * _LEAD >= most]
    return sorted(near, key=lambda name: -hits[name])


def _told(text: str) -> str | None:
    found = languages(text)
    return found[0] if len(found) == 1 else None


def _reference(row: Row) -> Any:
    expected = row.expected[0] if isinstance(row.expected, list) and row.expected else row.expected
    return row.input if expected is None else expected


@lru_cache(4096)
def _script(sign: str) -> str:
    name = unicodedata.name(sign, "").lower()
    first = name.partition(" ")[0]
    if first in {"hiragana", "katakana"} or name.startswith("halfwidth katakana"):
        return "kana"
    return first if first in _SCRIPTS else ""

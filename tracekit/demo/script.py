"""What the demo's model says: a pure function from a request to a reply, over conversations written in advance.

A scene is found by words of the user's last message, the reply in it by how often the model has spoken since. What
no scene knows gets a polite general answer, so that the server also serves examples and tests.
"""

from __future__ import annotations

import json
from typing import Any

from tracekit.demo.exchange import MODELS, Asked, Failure, Reply, ToolCall


def answer(asked: Asked) -> Reply | Failure:
    """The reply to a request, or the error a real server would give."""
    if asked.model not in MODELS:
        return Failure(
            status=404,
            message=f"The model `{asked.model}` does not exist or you do not have access to it.",
            kind="invalid_request_error",
            code="model_not_found",
        )
    if BUSY in asked.question and asked.retries == 0:
        return Failure(
            status=429,
            message=f"Rate limit reached for {asked.model} on requests per min (RPM): limit 3, used 3. "
            f"Please try again.",
            kind="requests",
            code="rate_limit_exceeded",
            retry_after=0.25,
        )
    for words, replies in SCENES.items():
        if words in asked.question:
            return replies[min(asked.step, len(replies) - 1)]
    return Reply(text=f"My answers are written down in advance, and none is about “{asked.question[:80]}”.")


def _call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(name=name, arguments=json.dumps(arguments))


BUSY = "in one sentence for the team"
"""A question with these words meets a rate limit first, and its answer on the second try."""

SCENES: dict[str, tuple[Reply, ...]] = {
    "ride around the lake": (
        Reply(
            tool_calls=(
                _call("weather", place="Konstanz", day="Friday"),
                _call("weather", place="Bregenz", day="Saturday"),
                _call("search_bikes", days=3, child_age=5),
            )
        ),
        Reply(tool_calls=(_call("calculator", expression="2 * 3 * 24 + 3 * 12"),)),
        Reply(
            text="Two Gravel Tour bikes (sizes M and L) and one follow-me coupling for your child's own "
            "bike are free "
            "from Friday to Sunday. Together that is €180: two bikes at €24 and the coupling at €12 a "
            "day, three days. "
            "Friday stays dry in Konstanz with 19 °C; on Saturday afternoon Bregenz may see a shower, so "
            "ride the "
            "Lindau to Bregenz stretch in the morning. Shall I hold the bikes until six this evening?"
        ),
    ),
    "e-bikes instead": (
        Reply(tool_calls=(_call("calculator", expression="(2 * 3 * 39 + 3 * 12) * 0.9"),)),
        Reply(
            text="With two e-bikes at €39 a day the three days come to €270, and the family discount of "
            "10 % makes it "
            "€243. That is €63 more than the touring bikes. Both chargers are included; a full battery "
            "lasts about "
            "90 km with the coupling."
        ),
    ),
    "packing list": (
        Reply(
            text="For three days with a five-year-old:\n\n"
            "- Rain jackets for all three, within reach: Saturday may bring a shower\n"
            "- Helmets (the child's is in the rental, size 50 to 54)\n"
            "- A fleece for the ferry, it is windy on deck\n"
            "- Two spare tubes and the pump from under the saddle\n"
            "- Chargers, if you take the e-bikes\n"
            "- Swimwear and a small towel: the beach at Nonnenhorn is on the way\n"
            "- Sun cream, a hat, and a litre of water each\n"
            "- Cash for the kiosk in Hard, which takes no cards\n"
            "- A lock for every bike; the handbook asks for it\n\n"
            "One pannier per adult is enough. Leave the large suitcase with us, we store it free of charge."
        ),
    ),
    "ferry to Meersburg": (
        Reply(
            text="Yes: bikes travel on the car ferry Konstanz-Meersburg all day, €3.20 each, without a "
            "reservation; "
            "walk them on board [ferry]. If a bike is stolen although it was locked to something fixed, "
            "our theft "
            "cover pays all but the first €150; if it was not locked, you pay its value on the day "
            "[theft]. Report a "
            "theft to the police and to us within 24 hours."
        ),
    ),
    "LC-4471": (
        Reply(tool_calls=(_call("find_booking", number="LC-4471"),)),
        Reply(
            text="I am sorry: our booking system does not answer at the moment, so I cannot see whether "
            "LC-4471 has "
            "been moved to eight o'clock. Nothing has been lost. Please ring the shop at +49 7531 555 "
            "0142 from "
            "half past seven, or ask me again in ten minutes; I would rather not guess."
        ),
    ),
    BUSY: (
        Reply(
            text="Happy customers on the Rhine Falls day tour, but the blue step-through bike had a loose "
            "saddle "
            "clamp and the pick-up took twenty minutes."
        ),
    ),
    "Dear Lakeside team": (
        Reply(
            text=json.dumps(
                {
                    "name": "Tomasz Zieliński",
                    "pick_up": "2026-08-15T08:00",
                    "days": 2,
                    "bikes": [
                        {"model": "Gravel Tour", "size": "L"},
                        {"model": "City Step-Through", "size": "S"},
                    ],
                    "needs_child_seat": False,
                    "question": "Can we leave the bikes in Stein am Rhein?",
                },
                ensure_ascii=False,
            )
        ),
    ),
    "two days to the Rhine Falls": (
        Reply(
            text="Day 1, 46 km: Konstanz, Stein am Rhein, Diessenhofen; sleep in Diessenhofen. Almost "
            "flat, along the "
            "water, with the covered bridge at the end.\nDay 2, 21 km: Schaffhausen and the Rhine Falls "
            "by eleven, "
            "before the coaches. Give the bikes back at our partner in Schaffhausen station and take the "
            "13:08 train, "
            "which is in Konstanz at 14:02.\nThis keeps both days under 50 km and leaves the second "
            "afternoon free.",
            thought="Compared three ways to split 67 km over two days. The even split ends between "
            "villages without a "
            "room; the long first day reaches Diessenhofen and leaves a short morning to the falls, so "
            "the early "
            "train works.",
            reasoning_tokens=448,
        ),
    ),
    "confirmation": (
        Reply(
            text="Dear Tomasz,\n\nyour two bikes are ready on Saturday, 15 August, from eight in the "
            "morning: a Gravel "
            "Tour in L and a City Step-Through in S. You may leave them in Stein am Rhein; the return "
            "costs €18 for "
            "both. Please bring an identity card.\n\nHave a good ride,\nLakeside Cycles, Konstanz"
        ),
    ),
    "Describe the route: Überlingen": (
        Reply(
            text="Überlingen and back by ferry, 38 km: vineyards, the pile dwellings at Unteruhldingen, "
            "one climb of "
            "80 m. Best from May to October."
        ),
    ),
    "Describe the route: Reichenau": (
        Reply(
            text="Reichenau island, 22 km: flat, three Romanesque churches, fish rolls at the harbour. "
            "Good with "
            "children and in wind from the west."
        ),
    ),
    "Describe the route: Thurgau": (
        Reply(
            text="Thurgau orchards, 54 km: quiet lanes, 420 m of climbing, cider in Altnau. The one for "
            "e-bikes, and "
            "the prettiest in blossom."
        ),
    ),
    "Which of these routes": (
        Reply(
            text="Reichenau. It is the only one of the three that is flat, under 25 km, and sheltered "
            "when the wind "
            "comes from the west, as it will on Sunday; and the churches are a roof if it rains.",
            thought="The guest is 71, rides twice a year, and Sunday brings a fresh west wind. Distance "
            "and climbing "
            "rule out Thurgau; the ferry deck in wind speaks against Überlingen.",
            reasoning_tokens=192,
        ),
    ),
}

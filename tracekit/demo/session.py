"""The demo's program: a morning at the travel desk of a bike-rental shop, over the real `openai` client.

It is what a user's program is: it names its agent, tools and retriever with `tracekit.trace` and `tracekit.span`, and
says whose session it is with `tracekit.context`. The model calls it leaves alone; the patched client records them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from pydantic import BaseModel

import tracekit
from tracekit import semconv
from tracekit.demo import shop

DESK = (
    "You are the travel desk of Lakeside Cycles, a bike-rental shop in Konstanz on Lake Constance. Answer briefly and "
    "warmly, with prices in euros. Use the tools for weather, stock, bookings and sums; never guess a price."
)
REVIEW = (
    "Lovely tour to the Rhine Falls! The staff explained everything. One thing: the saddle of the blue step-through "
    "kept sinking, and we stood twenty minutes in the queue at pick-up. We would still come again."
)
EMAIL = (
    "Dear Lakeside team, my wife and I would like two bikes on the fifteenth of August from eight in the morning, for "
    "two days: a Gravel Tour in L for me and a City Step-Through in S for her. No child seat. Can we leave the bikes "
    "in Stein am Rhein? Best regards, Tomasz Zieliński"
)
ROUTES = ("Überlingen", "Reichenau", "Thurgau")


class Bike(BaseModel):
    """A bike as the e-mail asks for it."""

    model: str
    size: str


class Booking(BaseModel):
    """What the desk needs to know of a booking."""

    name: str
    pick_up: str
    days: int
    bikes: list[Bike]
    needs_child_seat: bool
    question: str | None


class TravelDesk:
    """The assistant of one guest; it remembers the conversation."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client
        self._messages: list[Any] = [{"role": "system", "content": DESK}]
        self._pool = ThreadPoolExecutor(max_workers=3)
        self.trace_id: str | None = None

    @tracekit.trace(name="travel-desk", kind="agent")
    def ask(self, question: str) -> str:
        """Answer with as many rounds of tools as the model wants; the tools of a round run side by side."""
        self.trace_id = tracekit.current_trace_id()
        self._messages.append({"role": "user", "content": question})
        while True:
            reply = self._client.chat.completions.create(
                model="gpt-4o", messages=self._messages, tools=shop.DEFINITIONS, temperature=0.2
            )
            message = reply.choices[0].message
            self._messages.append(message)
            if not message.tool_calls:
                return message.content or ""
            self._messages.extend(self._pool.map(use_tool, message.tool_calls))

    @tracekit.trace(name="packing-list")
    def packing_list(self, wish: str) -> Iterator[str]:
        """Stream an answer to the guest's screen."""
        stream = self._client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[*self._messages, {"role": "user", "content": wish}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    @tracekit.trace(name="handbook-answer")
    def from_handbook(self, question: str) -> str:
        """Answer from the shop's handbook, and from nothing else."""
        found = self._search_handbook(question)
        context = "\n\n".join(f"[{section['id']}] {section['content']}" for section in found)
        reply = self._client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": f"Answer from these sections and cite them.\n\n{context}"},
                {"role": "user", "content": question},
            ],
            temperature=0,
        )
        return reply.choices[0].message.content or ""

    def _search_handbook(self, question: str, *, best: int = 3) -> list[dict[str, Any]]:
        sections = shop.handbook()
        with tracekit.span("handbook-search", kind="retriever", input=question) as span:
            made = self._client.embeddings.create(
                model="text-embedding-3-small", input=[question, *sections.values()], dimensions=256
            )
            asked, *known = [item.embedding for item in made.data]
            scores = [sum(a * b for a, b in zip(asked, one, strict=True)) for one in known]
            ranked = sorted(zip(scores, sections.items(), strict=True), reverse=True)[:best]
            found = [{"id": title, "content": text, "score": round(score, 4)} for score, (title, text) in ranked]
            span.set_documents(found)
        return found

    @tracekit.trace(name="review-digest")
    def sum_up(self, review: str) -> str:
        """One sentence for the team. The model is busy at first; the client tries again by itself."""
        prompt = f"Sum up this review in one sentence for the team: {review}"
        reply = self._client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}], max_completion_tokens=120
        )
        return reply.choices[0].message.content or ""

    @tracekit.trace(name="read-booking")
    def read_booking(self, email: str) -> Booking | None:
        """Turn an e-mail into a booking."""
        reply = self._client.chat.completions.parse(
            model="gpt-4o-mini",
            messages=[{"role": "system", "content": "Extract the booking."}, {"role": "user", "content": email}],
            response_format=Booking,
        )
        return reply.choices[0].message.parsed

    @tracekit.trace(name="plan-route")
    def plan(self, wish: str) -> str:
        """Think about a route with a reasoning model."""
        reply = self._client.responses.create(
            model="o4-mini", instructions=DESK, input=wish, reasoning={"effort": "medium", "summary": "auto"}
        )
        return reply.output_text

    @tracekit.trace(name="confirmation-mail")
    def confirm(self, booking: Booking) -> Iterator[str]:
        """Stream the confirmation e-mail."""
        prompt = f"Write the confirmation e-mail for this booking: {booking.model_dump_json()}"
        for event in self._client.responses.create(model="gpt-4o-mini", input=prompt, stream=True):
            if event.type == "response.output_text.delta":
                yield event.delta

    @tracekit.trace(name="compare-routes")
    def compare(self, wish: str) -> str:
        """Describe every route at the same time, then choose."""
        described = self._pool.map(self._describe, ROUTES)
        routes = "\n".join(described)
        reply = self._client.responses.create(
            model="o4-mini", instructions=DESK, input=f"{wish} Which of these routes is it?\n{routes}"
        )
        return reply.output_text

    def _describe(self, route: str) -> str:
        prompt = f"Describe the route: {route}"
        reply = self._client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}]
        )
        return reply.choices[0].message.content or ""

    @tracekit.trace(name="translate")
    def translate(self, text: str) -> str:
        """Translate for a guest; the model's name in the settings is wrong, as it happens."""
        reply = self._client.chat.completions.create(
            model="gpt-4o-polyglot", messages=[{"role": "user", "content": f"Translate into Polish: {text}"}]
        )
        return reply.choices[0].message.content or ""


def use_tool(call: Any) -> dict[str, Any]:
    """Run one tool that the model called. A tool that fails is told to the model, which then says so to the guest."""
    name, arguments = call.function.name, json.loads(call.function.arguments)
    try:
        with tracekit.span(name, kind="tool", input=arguments) as span:
            span.set_attribute(semconv.TOOL_CALL_ID, call.id)
            result = shop.TOOLS[name](**arguments)
            span.set_output(result)
    except shop.BookingSystemError as error:
        result = {"error": str(error)}
    return {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}


@tracekit.context(session_id="desk-7f3a", user_id="mira", tags=["web", "family"], metadata={"language": "en"})
def family(client: openai.OpenAI) -> None:
    """Mira plans three days with a child."""
    desk = TravelDesk(client)
    desk.ask(
        "We are two adults and a five-year-old and want to ride around the lake from Friday to Sunday. Which bikes do "
        "you have for us, what do they cost, and will it stay dry?"
    )
    tracekit.score("helpful", value=True, trace_id=desk.trace_id, source="human", comment="booked right away")
    desk.ask("And if we take e-bikes instead, with your family discount?")
    desk.from_handbook("May the bikes go on the ferry to Meersburg, and who pays if one is stolen on the way?")
    "".join(desk.packing_list("Please write us a packing list for the three days, one line an item."))
    desk.compare("My mother is 71 and wants one easy day, on Sunday.")


@tracekit.context(session_id="desk-91c2", user_id="tomasz", tags=["e-mail"], metadata={"language": "pl"})
def couple(client: openai.OpenAI) -> None:
    """Tomasz books by e-mail, and asks for what the booking system cannot say today."""
    desk = TravelDesk(client)
    booking = desk.read_booking(EMAIL)
    assert booking is not None, "the model's answer is a booking"
    desk.plan("Plan two days to the Rhine Falls, at most 50 km a day, and back by train.")
    "".join(desk.confirm(booking))
    desk.ask("Has my booking LC-4471 been moved to eight o'clock?")
    tracekit.score("helpful", value=False, trace_id=desk.trace_id, source="human", comment="had to ring the shop")
    try:
        desk.translate("Your bikes are ready.")
    except openai.NotFoundError as error:
        sys.stderr.write(f"travel desk: no translation today: {error.message}\n")
    desk.sum_up(REVIEW)


def main() -> None:
    """Run the morning against the model that `OPENAI_BASE_URL` names: both guests are served at the same time."""
    client = openai.OpenAI()
    with ThreadPoolExecutor() as desks:
        for guest in [desks.submit(family, client), desks.submit(couple, client)]:
            guest.result()


if __name__ == "__main__":
    main()

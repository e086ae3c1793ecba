"""The differences that have a reason, as `docs/conformance.md` tells them: a test holds both equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from tests.clients.conformance.compared import Difference, Side

Client = Literal["openai", "anthropic"]


def any_value(_ours: Any, _theirs: Any) -> bool:
    """Whatever they are: that one side has none is what is explained."""
    return True


@dataclass(slots=True, frozen=True)
class Explained:
    """A difference in one place, known by its clients, place and side.

    `conventions` are those of v1.41: which side they support. `holds` is what is true of the two values wherever they
    differ for this reason. `corpus` are the clients of which only recordings of the corpus show it, none of our own.
    """

    clients: tuple[Client, ...]
    place: str
    side: Side
    conventions: Literal["ours", "theirs", "both", "neither"]
    why: str
    holds: Callable[[Any, Any], bool] = any_value
    corpus: tuple[Client, ...] = ()

    def of(self, client: str, found: Difference) -> bool:
        """Whether this is the reason of a difference."""
        return (
            client in self.clients
            and (self.place, self.side) == (found.place, found.side)
            and self.holds(found.ours, found.theirs)
        )


def are(ours: Any, theirs: Any) -> Callable[[Any, Any], bool]:
    """The two values are these, in type too."""
    return lambda our, their: (repr(our), repr(their)) == (repr(ours), repr(theirs))


def _is(ours: Any) -> Callable[[Any, Any], bool]:
    return lambda our, _their: our == ours and type(our) is type(ours)


def _none(_ours: Any, theirs: Any) -> bool:
    return theirs is None


def _times(ours: Any, theirs: Any) -> bool:
    return ours > 0 and theirs > 0


def _completions(ours: Any, _theirs: Any) -> bool:
    return all(span.name.startswith("text_completion ") for span in ours)


def _texts(ours: Any, theirs: Any) -> bool:
    return bool(ours == "".join(block["text"] for block in theirs))


def _same_content(ours: list[Any], theirs: list[Any]) -> bool:
    """What a program sees ends in the dumps of what it got; before them are the classes."""
    return [each[-1] for each in ours] == [each[-1] for each in theirs]


BOTH: Final[tuple[Client, ...]] = ("openai", "anthropic")
OPENAI: Final[tuple[Client, ...]] = ("openai",)
ANTHROPIC: Final[tuple[Client, ...]] = ("anthropic",)

EXPLAINED: Final = (
    # What a call is
    Explained(
        BOTH, "result", "both", "neither",
        "a stream is the client's own object; they give one of their classes around it", _same_content,
    ),
    Explained(
        OPENAI, "span", "ours", "ours",
        "they do not patch `completions.create`; the conventions have `text_completion`", _completions,
        corpus=OPENAI,
    ),
    Explained(
        OPENAI, "gen_ai.provider.name", "both", "ours",
        "a call by `AzureOpenAI` is `azure.ai.openai`; they say `openai`", are("azure.ai.openai", "openai"),
        corpus=OPENAI,
    ),
    Explained(
        OPENAI, "status", "both", "ours",
        "a reply with status 200 whose body is an error is one; they say the call went well", are(2, 0), corpus=OPENAI,
    ),
    Explained(
        OPENAI, "error.type", "ours", "ours",
        "stands with that error: it is the code that the body gives", _is("content_filter"), corpus=OPENAI,
    ),
    Explained(OPENAI, "openai.api.type", "ours", "ours", "tells chat completions from responses"),
    # What was asked
    Explained(
        OPENAI, "gen_ai.request.temperature", "both", "ours",
        "is a double, and a program's `0` is `0.0`; they hand on the int", are(0.0, 0),
    ),
    Explained(
        BOTH, "gen_ai.request.reasoning.level", "ours", "neither",
        "v1.41 has no name for the effort that was asked for; the newer conventions have this one",
        corpus=ANTHROPIC,
    ),
    Explained(
        ANTHROPIC, "gen_ai.output.type", "ours", "ours",
        "an answer with a schema is `json`, as both say of openai", _is("json"),
    ),
    Explained(
        OPENAI, "tracekit.input", "ours", "neither",
        "the texts of an embedding: the conventions have no name for them", corpus=OPENAI,
    ),
    Explained(BOTH, "gen_ai.input.messages[].name", "theirs", "both", "is null; what is not known we leave out", _none),
    Explained(
        ANTHROPIC, "gen_ai.input.messages[].role", "both", "ours",
        "a message of nothing but tool results has the role `tool`; Anthropic sends it as `user`", are("tool", "user"),
    ),
    Explained(
        ANTHROPIC, "gen_ai.input.messages[].parts[].response", "both", "both",
        "a result that is one text is that text, as of other providers; they keep Anthropic's block around it", _texts,
    ),
    # What came back
    Explained(
        OPENAI, "openai.response.system_fingerprint", "ours", "ours",
        "they leave it out of streams; of whole replies both have it",
    ),
    Explained(
        OPENAI, "gen_ai.embeddings.dimension.count", "both", "ours",
        "vectors that come as base64 are counted by their floats; they count the letters", are(1536, 8192),
        corpus=OPENAI,
    ),
    Explained(
        OPENAI, "gen_ai.output.messages.count", "both", "ours",
        "a response is one choice, so one message; they make one of each item", lambda ours, theirs: ours == 1 < theirs,
    ),
    Explained(
        OPENAI, "gen_ai.output.messages[].parts.count", "both", "ours",
        "they leave reasoning out, shown or not, and spread the rest over messages", lambda ours, theirs: ours > theirs,
    ),
    Explained(
        OPENAI, "gen_ai.output.messages[].finish_reason", "both", "ours",
        "a reply that reached the limit of tokens is `length`, as in both sides' `finish_reasons`",
        are("length", "incomplete"),
    ),
    Explained(
        OPENAI, "gen_ai.output.messages[].parts[].refusal", "ours", "both",
        "marks a text that is a refusal, which the conventions have no part for; they make it a plain text",
        _is(True), corpus=OPENAI,
    ),
    Explained(BOTH, "gen_ai.output.messages[].name", "theirs", "both", "is null, as of messages that go in", _none),
    Explained(
        ANTHROPIC, "gen_ai.output.messages[].parts[].server_tool_call_response.content[].page_age", "ours", "both",
        "what a search found is kept as it came, with its nulls", _is(None),
    ),
    *(
        explained
        for messages in ("input", "output")
        for explained in (
            Explained(
                ANTHROPIC, f"gen_ai.{messages}.messages[].parts[].content", "both", "ours",
                "reasoning that Anthropic hides has no text; they give its encrypted bytes as one",
                are("", "ZW5jcnlwdGVk"),
            ),
            Explained(
                ANTHROPIC, f"gen_ai.{messages}.messages[].parts[].redacted", "ours", "both",
                "marks that reasoning, so that none is told from hidden", _is(True),
            ),
        )
    ),
    # What it took
    Explained(
        ANTHROPIC, "gen_ai.usage.cache_write.input_tokens", "theirs", "ours",
        "is what newer conventions call it; tracekit reads both", lambda _ours, theirs: theirs > 0,
    ),
    Explained(
        BOTH, "gen_ai.usage.cache_creation.input_tokens", "ours", "ours",
        "is v1.41's name, and there with 0 too where the provider says 0",
    ),
    Explained(
        BOTH, "gen_ai.usage.cache_read.input_tokens", "ours", "ours",
        "0 where the provider says 0; they leave it out, like what is not known", _is(0),
        corpus=ANTHROPIC,
    ),
    Explained(
        OPENAI, "gen_ai.usage.reasoning.output_tokens", "ours", "ours", "0 where the provider says 0, as above", _is(0)
    ),
    Explained(
        BOTH, "gen_ai.response.time_to_first_chunk", "both", "both", "two runs, two times; both measure it", _times
    ),
    Explained(BOTH, "tracekit.time_to_last_chunk", "ours", "neither", "v1.41 has no name for it"),
    Explained(
        ANTHROPIC, "anthropic.message.stop_reason", "ours", "neither",
        "the provider's own word, beside the conventions' finish reason",
    ),
    Explained(
        ANTHROPIC, "anthropic.response.service_tier", "ours", "neither",
        "tells what the tokens cost; v1.41 has a name for OpenAI's only",
    ),
    *(
        Explained(
            ANTHROPIC, f"anthropic.usage.cache_creation.ephemeral_{life}_input_tokens", "ours", "neither",
            f"tokens kept for {duration}: those of an hour cost more than those of 5 minutes",
        )
        for life, duration in (("5m", "5 minutes"), ("1h", "an hour"))
    ),
)  # fmt: skip

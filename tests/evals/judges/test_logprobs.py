"""Weighted scores, each computed by hand beside it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.evals.judges.scripted import Given, score, serving
from tests.integrations.wire import completion
from tests.support.provider import answer
from tracekit.evals.judges import Judge
from tracekit.evals.judges.logprobs import weighted
from tracekit.evals.judges.question import Token
from tracekit.evals.metrics.judge_custom import g_eval
from tracekit.evals.row import Row
from tracekit.evals.score import Status

LEVELS = (1, 2, 3, 4, 5)


def token(text: str, share: float = 1.0, **others: float) -> Token:
    return tokens_of(text, share, list(others.items()))


def tokens_of(text: str, share: float, others: list[tuple[str, float]]) -> Token:
    top = [(text, share), *others]
    return Token(
        data=text.encode(),
        logprob=math.log(share),
        top=tuple((each.encode(), math.log(probability)) for each, probability in top),
    )


def mean(tokens: list[Token], number: str, levels: Any = LEVELS) -> Any:
    text = b"".join(each.data for each in tokens).decode()
    start = text.index('"score": ') + len('"score": ')
    return weighted(text, (start, start + len(number)), tokens, levels=levels)


def plain(*between: Token, before: str = '{"rationale": "5 of 5, a 4", "score": ', after: str = "}") -> list[Token]:
    return [token(before), *between, *([token(after)] if after else [])]


def test_the_mean_of_single_tokens() -> None:
    found = mean(plain(tokens_of("4", 0.6, [("5", 0.3), ("3", 0.1)])), "4")
    assert found.score == pytest.approx(0.6 * 4 + 0.3 * 5 + 0.1 * 3)
    assert found.mass == pytest.approx(1.0)
    assert found.shares == pytest.approx({3.0: 0.1, 4.0: 0.6, 5.0: 0.3})


def test_digits_of_the_reasons_are_not_the_score() -> None:
    reason = tokens_of("5", 0.5, [("1", 0.5)])
    tokens = [token('{"rationale": "'), reason, token('", "score": '), tokens_of("2", 0.75, [("3", 0.25)]), token("}")]
    assert mean(tokens, "2").score == pytest.approx(2.25)


def test_one_number_in_several_spellings_is_summed_and_the_token_counted_once() -> None:
    tokens = [
        token('{"score":'),
        tokens_of(" 4", 0.4, [("4", 0.2), ("4}", 0.1), (" 5", 0.2), ("\t5", 0.1)]),
        token("}"),
    ]
    text = b"".join(each.data for each in tokens).decode()
    found = weighted(text, (10, 11), tokens, levels=LEVELS)
    assert not isinstance(found, str)
    assert found.shares == pytest.approx({4.0: 0.7, 5.0: 0.3})
    assert found.score == pytest.approx(4.3)


def test_a_token_that_its_alternatives_lack_is_added() -> None:
    lone = Token(data=b"4", logprob=math.log(0.5), top=((b"5", math.log(0.5)),))
    assert mean(plain(lone), "4").score == pytest.approx(4.5)
    twice = Token(
        data=b"4", logprob=math.log(0.5), top=((b"4", math.log(0.3)), (b"4", math.log(0.2)), (b"5", math.log(0.5)))
    )
    assert mean(plain(twice), "4").score == pytest.approx(4.5)


def test_words_and_numbers_that_are_no_level_are_left_out_and_told() -> None:
    found = mean(plain(tokens_of("4", 0.6, [("9", 0.2), ("four", 0.1), ("5", 0.1)])), "4")
    assert found.score == pytest.approx((0.6 * 4 + 0.1 * 5) / 0.7)
    assert found.mass == pytest.approx(0.7)


def test_a_number_of_two_tokens() -> None:
    levels = range(1, 11)
    tokens = plain(tokens_of("1", 0.8, [("9", 0.2)]), tokens_of("0", 0.75, [("}", 0.2), (",", 0.05)]))
    found = mean(tokens, "10", levels)
    assert found.shares == pytest.approx({1.0: 0.2, 9.0: 0.2, 10.0: 0.6})
    assert found.score == pytest.approx(1 * 0.2 + 9 * 0.2 + 10 * 0.6)


def test_a_number_that_could_have_gone_on() -> None:
    levels = range(1, 11)
    tokens = plain(tokens_of("1", 0.8, [("9", 0.2)]), tokens_of(", ", 0.25, [("0", 0.75)]), after='"x": 1}')
    found = mean(tokens, "1", levels)
    assert found.shares == pytest.approx({1.0: 0.2, 9.0: 0.2, 10.0: 0.6})


def test_a_branch_that_could_become_two_levels_stays_open() -> None:
    found = mean(plain(tokens_of("7", 0.6, [("1", 0.4)])), "7", range(1, 11))
    assert found.shares == pytest.approx({7.0: 0.6})
    assert found.mass == pytest.approx(0.6)


def test_decimals_are_followed_token_by_token() -> None:
    levels = (0, 0.25, 0.5, 0.75, 1)
    tokens = plain(
        tokens_of("0", 0.9, [("1", 0.1)]),
        tokens_of(".", 0.95, [("}", 0.05)]),
        tokens_of("5", 0.5, [("75", 0.3), ("25", 0.2)]),
    )
    found = mean(tokens, "0.5", levels)
    reached = 0.9 * 0.95
    expected = {0.0: 0.9 * 0.05, 0.25: reached * 0.2, 0.5: reached * 0.5, 0.75: reached * 0.3, 1.0: 0.1}
    assert found.shares == pytest.approx(expected)
    assert found.score == pytest.approx(sum(level * share for level, share in expected.items()))


def test_a_token_that_holds_more_than_the_number() -> None:
    tokens = [token('{"rationale": "r", "score'), tokens_of('": 4}', 0.7, [('": 5}', 0.2), ("!", 0.1)])]
    found = mean(tokens, "4")
    assert found.shares == pytest.approx({4.0: 0.7, 5.0: 0.2})


def test_tokens_may_cut_characters() -> None:
    tokens = [
        token('{"rationale": "'),
        Token(data="é".encode()[:1], logprob=0.0),
        Token(data="é".encode()[1:], logprob=0.0),
        token('", "score": '),
        tokens_of("4", 0.5, [("2", 0.5)]),
        token("}"),
    ]
    assert mean(tokens, "4").score == pytest.approx(3.0)


def test_what_cannot_be_weighted_says_why() -> None:
    text = '{"score": 4}'
    assert weighted(text, (10, 11), None, levels=LEVELS) == "the judge gave no log-probabilities"
    assert weighted(text, (10, 11), [token("other")], levels=LEVELS) == "the tokens are not those of the reply"
    assert "0.40" in mean(plain(tokens_of("4", 0.4, [("four", 0.6)])), "4")


def with_logprobs(text: str, *pieces: tuple[str, dict[str, float]]) -> Any:
    content = [
        {
            "token": piece, "bytes": list(piece.encode()), "logprob": math.log(shares.get(piece, 1.0)),
            "top_logprobs": [{"token": each, "logprob": math.log(share)} for each, share in shares.items()],
        }
        for piece, shares in pieces
    ]  # fmt: skip
    reply = completion(text)
    reply["choices"][0]["logprobs"] = {"content": content}
    return reply


ROW = Row(input="q", output="a")
WEIGHTED = with_logprobs(
    '{"rationale": "r", "score": 4}', ('{"rationale": "r", "score": ', {}), ("4", {"4": 0.5, "5": 0.5}), ("}", {})
)


async def test_g_eval_weights_where_it_can_and_names_the_mode() -> None:
    with serving(lambda _: WEIGHTED) as server:
        found = await score(g_eval, ROW, Judge(server.model()), scale=[1, 5])
        assert server.bodies[0]["logprobs"] is True
        assert server.bodies[0]["top_logprobs"] == 20
        assert found.value == pytest.approx((4.5 - 1) / 4)
        assert found.details["score_mode"] == "weighted"
        assert (found.details["score"], found.details["written"]) == (pytest.approx(4.5), 4.0)
        top = await score(g_eval, ROW, Judge(server.model()), scale=[1, 5], score_mode="top")
        assert "logprobs" not in server.bodies[-1]
        assert (top.value, top.details["score_mode"]) == (0.75, "top")


async def test_without_log_probabilities_auto_says_so_and_weighted_gives_nothing() -> None:
    with serving(lambda _: '{"rationale": "r", "score": 4}') as server:
        found = await score(g_eval, ROW, Judge(server.model()), scale=[1, 5])
        assert (found.value, found.details["score_mode"]) == (0.75, "top")
        assert found.details["not_weighted"] == "the judge gave no log-probabilities"
        strict = await score(g_eval, ROW, Judge(server.model(), cache="off"), scale=[1, 5], score_mode="weighted")
        assert (strict.status, strict.value) == (Status.PARSE_ERROR, None)


async def test_a_server_that_knows_no_logprobs_is_asked_without() -> None:
    def say(body: Any) -> Any:
        if "logprobs" in body:
            return answer({"error": {"message": "logprobs is not supported by this model"}}, status=400)
        return '{"rationale": "r", "score": 0.75}'

    with serving(say) as server:
        judge = Judge(server.model(), cache="off")
        for _ in range(2):
            found = await g_eval.score(ROW, services=Given(judge=judge))
            assert (found.value, found.details["score_mode"]) == (0.75, "top")
        await judge.aclose()
        assert ["logprobs" in body for body in server.bodies] == [True, False, False]
        assert all("json_schema" in body["response_format"]["type"] for body in server.bodies)

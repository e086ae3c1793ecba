"""A score as the mean of what the judge might have written, by log-probabilities (G-Eval, Liu 2023, section 3.2). Pure.

The score is found by its place in the JSON, not by its look, so that a digit of the rationale is never taken for it.
Numbers of several tokens are followed token by token. A branch is read where it can only become one of the levels; what
stays open, or is no level, is left out, and the share of the probability that could be read is told.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracekit.evals.judges.question import Token

LEAST_MASS = 0.5
"""Below this share of the probability that could be read, a mean would be one of the rest."""

_NUMBER = re.compile(rb"[-+0-9.eE]*")
_ZEROS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A mean over levels.

    Attributes:
        score: the mean, over the probability that could be read.
        mass: that probability, 0 to 1.
        shares: of each level.
    """

    score: float
    mass: float
    shares: dict[float, float]


def weighted(
    text: str, span: tuple[int, int], tokens: Sequence[Token] | None, *, levels: Iterable[float]
) -> Weighted | str:
    """The mean of the score over the alternatives of its tokens.

    Args:
        text: the reply.
        span: where in it the score stands, in characters.
        tokens: of the reply.
        levels: the scores that are to be told apart; the one that was written is among them, whatever it is.

    Returns:
        The mean; where there is none, why.
    """
    if not tokens:
        return "the judge gave no log-probabilities"
    if b"".join(token.data for token in tokens) != text.encode():
        return "the tokens are not those of the reply"
    start, end = (len(text[:place].encode()) for place in span)
    written = float(text[span[0] : span[1]])
    spelled = _spellings({*map(float, levels), written}, text[span[0] : span[1]])
    shares: defaultdict[float, float] = defaultdict(float)
    path, reached = b"", 1.0
    for token, lead in _covering(tokens, start, end):
        taken = _continue(token.data, lead, first=not path)
        branches = [(_continue(data, lead, first=not path), share) for data, share in _alternatives(token)]
        for branch, share in branches:
            level = None if branch == taken else _level(path + branch[0], spelled, ended=branch[1])
            if level is not None:
                shares[level] += reached * share
        reached *= math.fsum(share for branch, share in branches if branch == taken)
        path += taken[0]
        if taken[1]:
            break
    shares[written] += reached
    mass = math.fsum(shares.values())
    if mass < LEAST_MASS:
        return f"only {mass:.2f} of the probability could be read as a score"
    mean = math.fsum(level * share for level, share in shares.items()) / mass
    return Weighted(score=mean, mass=min(mass, 1.0), shares=dict(sorted(shares.items())))


def _covering(tokens: Sequence[Token], start: int, end: int) -> Iterator[tuple[Token, bytes]]:
    """The tokens of these bytes, and the one behind that ends a number; each with what of it stands before them."""
    offset = 0
    for token in tokens:
        begins, offset = offset, offset + len(token.data)
        if offset > start and begins <= end:
            yield token, token.data[: max(0, start - begins)]


def _alternatives(token: Token) -> list[tuple[bytes, float]]:
    """The token and what might have stood there, with probabilities."""
    top = list(token.top)
    if all(data != token.data for data, _ in top):
        top.append((token.data, token.logprob))
    return [(data, math.exp(logprob)) for data, logprob in top]


def _continue(data: bytes, lead: bytes, *, first: bool) -> tuple[bytes, bool]:
    """What a token adds to the number, and whether it ends it. `lead` stands before the number in the token written."""
    sign = lead.rstrip()
    if not data.startswith(sign):
        return b"", True  # something else than a number stands there
    rest = data[len(sign) :]
    if first:
        rest = rest.lstrip()
    found = _NUMBER.match(rest)
    number = found[0] if found else b""
    return number, len(number) < len(rest)


def _spellings(levels: Iterable[float], written: str) -> dict[str, float]:
    """Ways to write each level: as short as it goes, with zeros behind, and as it was written."""
    spelled = {written: float(written)}
    for level in levels:
        plain = f"{level:.12g}"
        spelled[plain] = level
        base = plain if "." in plain else f"{plain}."
        if "e" not in plain:
            spelled |= {base + "0" * more: level for more in range(1, _ZEROS + 1)}
    return spelled


def _level(branch: bytes, spelled: dict[str, float], *, ended: bool) -> float | None:
    text = branch.decode("ascii")
    if ended:
        return spelled.get(text)
    reachable = {level for spelling, level in spelled.items() if text and spelling.startswith(text)}
    return reachable.pop() if len(reachable) == 1 else None

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

import tracekit
from tests.support.recorded import journaled
from tracekit.sdk import pseudonyms
from tracekit.sdk.accounts import is_card, is_iban
from tracekit.sdk.redaction import Redaction

SECRETS = {
    "openai_key": "sk-proj-" + "Ab1" * 12,
    "anthropic_key": "sk-ant-api03-" + "Ab1" * 12,
    "aws_access_key": "AKIA" + "ABCDEFGH12345678",
    "github_token": "ghp_" + "a1B2" * 9,
    "gitlab_token": "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "google_key": "AIza" + "a" * 35,
    "slack_token": "xoxb-1234567890-abcdefgh",
    "stripe_key": "sk_live_" + "a1B2" * 6,
    "huggingface_token": "hf_" + "a1B2" * 8,
    "groq_key": "gsk_" + "a1B2" * 13,
    "xai_key": "xai-" + "a1B2" * 20,
    "perplexity_key": "pplx-" + "a1B2" * 12,
    "replicate_token": "r8_" + "a1B2" * 9 + "a",
    "tavily_key": "tvly-dev-" + "a1B2" * 6,
    "npm_token": "npm_" + "a1B2" * 9,
    "pypi_token": "pypi-" + "a1B2" * 15,
    "sendgrid_key": "SG." + "a1B2" * 5 + "." + "a1B2" * 10,
    "google_token": "ya29." + "a1B2" * 8,
    "url_password": "postgres://app:hunter2secret@db.local/shop",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij",
    "bearer_token": "Bearer abcdefghijklmnopqrstuvwxyz",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
}
AROUND = ["it is {}, keep it", "{}", "key:\n{}\nkeep it", "key:\t{}", "schl\u00fcssel\u00ff{}", "({})", '"{}"']


def essence(name: str) -> str:
    """A part of the secret that is nowhere else."""
    inner = {"url_password": "hunter2secret", "iban": "3704 0044", "private_key": "MIIE"}
    return inner.get(name, SECRETS[name].split()[-1])


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", SECRETS)
def test_each_shape_is_found_and_named_plain_and_encoded(name: str, around: str):
    text = around.format(SECRETS[name])
    kept = Redaction().text(text) if around[0] != "s" else Redaction().encoded(json.dumps(text))  # a letter in front
    for depth in range(3):
        assert f"[redacted {name}]" in kept, depth
        assert essence(name) not in kept
        text = json.dumps({"said": text})
        kept = Redaction().encoded(text)
        json.loads(kept)


CARDS = {
    "visa": "4012888888881881", "visa_13": "4222222222222", "amex": "3782 822463 10005", "jcb": "3530111333300000",
    "mastercard": "5105105105105100", "mastercard_2": "2223003122003222", "discover": "6011-1111-1111-1117",
    "diners": "30569309025904", "unionpay": "6200000000000005",
}  # fmt: skip
IBANS = [
    "GB29 NWBK 6016 1331 9268 19", "NO9386011117947", "FR1420041010050500013M02606", "MT84MALT011000012345MTLCAST001S",
    "CH93 0076 2011 6238 5295 7",
]  # fmt: skip


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS)
def test_cards_are_known_by_issuer_length_and_check_digit(number: str):
    assert is_card(number)
    assert Redaction().text(f"pay with {number}.") == "pay with [redacted card]."
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert Redaction().text(f"pay with {wrong}.") == f"pay with {wrong}."


@pytest.mark.parametrize("number", IBANS)
def test_accounts_are_known_by_country_length_and_check_digits(number: str):
    assert is_iban(number)
    assert Redaction().text(f"to {number}.") == "to [redacted iban]."
    assert not is_iban(f"{number[:2]}{(int(number[2:4]) + 1) % 100:02}{number[4:]}")


def test_a_card_that_is_a_number_in_json_leaves_json_behind():
    data = {"a": [4111111111111111, 1], "b": 4012888888881881, "c": "pay 4111111111111111, \\"}
    kept = json.loads(Redaction().encoded(json.dumps(data, separators=(",", ":"))))
    assert kept == {"a": ["[redacted card]", 1], "b": "[redacted card]", "c": "pay [redacted card], \\"}


@pytest.mark.parametrize(
    "number", [1764355200123456789, 0.4111111111111111, 4111111111111111.5, 41111111111111112222222]
)
def test_other_numbers_stay(number: float):
    assert Redaction().encoded(f'{{"at":{number!r}}}') == f'{{"at":{number!r}}}'


def key_a() -> bytes:
    return b"a" * 32


def test_equal_secrets_have_equal_pseudonyms_however_they_are_written():
    redaction, private = Redaction(key=key_a), SECRETS["private_key"]
    nested = json.dumps({"args": json.dumps({"key": private})})
    forms = map(redaction.encoded, [private, json.dumps(private), nested, private.replace("\n", "\r\n")])
    assert len({mark for form in forms for mark in re.findall(r"\[redacted private_key [0-9a-f]{8}\]", form)}) == 1
    card = redaction.text("4111111111111111")
    assert redaction.text("4111 1111 1111 1111") == redaction.text("4111-1111-1111-1111") == card
    assert redaction.text("4012888888881881") != card != Redaction(key=lambda: b"b" * 32).text("4111111111111111")


def mark_of(directory: Path) -> str:
    tracekit.autolog(instrument=[], directory=directory)
    with tracekit.span("x", input=SECRETS["openai_key"]):
        pass
    tracekit.uninstrument()
    return str(journaled(directory).ended[-1].attributes["tracekit.input"])


def test_a_data_directory_has_one_key_and_keeps_it_to_itself(data_dir: Path, tmp_path: Path):
    first = mark_of(data_dir)
    assert re.fullmatch(r"\[redacted openai_key [0-9a-f]{8}\]", first)
    assert mark_of(data_dir) == first != mark_of(tmp_path / "other")
    assert stat.S_IMODE((data_dir / "redaction.key").stat().st_mode) == 0o600
    assert list(data_dir.glob(".redaction*")) == []


def test_a_key_by_name_is_the_same_everywhere(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACEKIT_REDACTION_KEY", "of the team")
    assert mark_of(data_dir) == mark_of(tmp_path / "other")
    assert not (data_dir / "redaction.key").exists()


def test_nothing_is_made_before_there_is_a_secret(data_dir: Path):
    tracekit.autolog(instrument=[])
    with tracekit.span("x", input="nothing to hide"):
        pass
    tracekit.uninstrument()
    assert not (data_dir / "redaction.key").exists()


def test_a_key_that_cannot_be_kept_is_the_processes_own(data_dir: Path):
    (data_dir / "redaction.key").mkdir(parents=True)
    assert pseudonyms.key(data_dir) != pseudonyms.key(data_dir)
    assert re.fullmatch(r"\[redacted openai_key [0-9a-f]{8}\]", mark_of(data_dir))


@pytest.mark.parametrize(
    "text", ["task-management-for-everyone", "a risk-free offer", "gh_", "skeleton", "eyJust a word"]
)
def test_ordinary_text_stays(text: str):
    assert Redaction().text(text) == text


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_reaches_the_disk_from_anywhere(data_dir: Path, name: str):
    secret = SECRETS[name]
    tracekit.autolog(instrument=[])

    @tracekit.trace
    def leak(value: str) -> str:
        tracekit.current_span().set_attribute("note", f"my key {value}")
        tracekit.current_span().add_event("seen", {"value": value})
        raise RuntimeError(f"cannot log in with {value}")

    with tracekit.context(metadata={"key": secret}), pytest.raises(RuntimeError):
        leak(secret)
    tracekit.uninstrument()
    written = b"".join(path.read_bytes() for path in (data_dir / "journal").iterdir())
    assert essence(name).encode() not in written
    assert journaled(data_dir).names != []


def test_the_users_function_sees_every_text_and_its_fault_lets_nothing_through(data_dir: Path, capsys):
    def redact(text: str) -> str:
        if "boom" in text:
            raise ValueError("boom")
        return text.replace("Alice", "[name]")

    tracekit.autolog(redact=redact, instrument=[])
    with tracekit.span("greet Alice", input={"to": "Alice", "then": "boom Alice"}) as span:
        span.set_attribute("who", "Alice")
    tracekit.uninstrument()
    capsys.readouterr()
    span = journaled(data_dir).ended[0]
    assert span.name == "greet [name]"
    assert span.attributes["who"] == "[name]"
    assert span.attributes["tracekit.input"] == {"to": "[name]", "then": "[not recorded: the redact function failed]"}


def test_redaction_can_be_turned_off(data_dir: Path):
    tracekit.autolog(redact=False, instrument=[])
    with tracekit.span("x", input=SECRETS["openai_key"]):
        pass
    tracekit.uninstrument()
    assert journaled(data_dir).one("x").attributes["tracekit.input"] == SECRETS["openai_key"]

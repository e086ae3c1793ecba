from __future__ import annotations

from pathlib import Path

import pytest

import tracekit
from tests.support.recorded import journaled
from tracekit.sdk.redaction import redact_secrets

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
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij",
    "bearer_token": "Bearer abcdefghijklmnopqrstuvwxyz",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("name", SECRETS)
def test_each_shape_is_found_and_named(name: str):
    text = f"it is {SECRETS[name]}, keep it"
    assert f"[redacted {name}]" in redact_secrets(text)
    assert SECRETS[name].split()[-1] not in redact_secrets(text)


@pytest.mark.parametrize(
    "text", ["task-management-for-everyone", "a risk-free offer", "gh_", "skeleton", "eyJust a word"]
)
def test_ordinary_text_stays(text: str):
    assert redact_secrets(text) == text


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
    assert secret.splitlines()[0].split()[-1].encode() not in written
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

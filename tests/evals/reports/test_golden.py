"""Every form of every kind of outcome is what it was: a change of one is seen, and meant."""

from __future__ import annotations

import pytest

from tests.evals.reports import golden, samples


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in samples.CALM for form in golden.forms(name)])
def test_it_is_as_it_was(name: str, form: str) -> None:
    made = golden.FORMS[form](samples.CALM[name]())
    assert made == golden.path(name, form).read_text(encoding="utf-8")

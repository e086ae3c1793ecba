"""A test of many random inputs as one test: a fixture for each of thousands would take longer than they do."""

from __future__ import annotations

from collections.abc import Callable


def seeded(count: int) -> Callable[[Callable[[int], None]], Callable[[], None]]:
    """Run a test for each of so many seeds; the one that fails is named."""

    def decorate(test: Callable[[int], None]) -> Callable[[], None]:
        def run() -> None:
            for seed in range(count):
                try:
                    test(seed)
                except BaseException as error:
                    error.add_note(f"with seed {seed} of {test.__name__}")
                    raise

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate

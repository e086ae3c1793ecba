"""The statistics of evaluation: numbers in, numbers out. A module a subject; each formula names its source.

Nothing here knows of runs, metrics or verdicts, reads a clock or draws a number without a seed. What a formula has no
value for is None, with the reason in the docstring; what it was never meant for is a ValueError.
"""

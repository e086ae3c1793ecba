"""`python -m tracekit` is the command."""

import sys

from tracekit.cli import main

sys.exit(main())

"""`python -m readykit` is the same program as `kit`."""

from .cli import main

raise SystemExit(main())

"""`python -m readykit` is the same program as `kit`."""

from readykit.cli import main

raise SystemExit(main())

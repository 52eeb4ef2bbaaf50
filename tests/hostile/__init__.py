"""Hostile input: what a stranger can hand to `kit audit`, and what must not come of it.

`threats/` holds the cases, one module a class of threat. `case` says what a case is, `workshop` builds its tree,
`runner` starts the installed `kit` on it and watches, `judge` and `formats` say what was wrong with what came out.
Payloads are harmless: each creates a file in the canary folder of its own case, or connects to a port of the loopback
that the runner listens on.

    pytest tests/hostile -k archives        one class
    PYTHONPATH=tests python -m hostile archives git    the same as a table, with seconds and megabytes
"""

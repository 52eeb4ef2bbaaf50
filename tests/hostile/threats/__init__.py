"""The cases, one module a class of threat."""

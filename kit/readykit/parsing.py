"""The parser of the command line: a wrong word gets one sentence, not the whole of the usage."""

from __future__ import annotations

import argparse
from typing import NoReturn

from readykit.errors import UsageError


class Parser(argparse.ArgumentParser):
    """What argparse makes, with our way of saying no."""

    def error(self, message: str) -> NoReturn:
        """Refuse the words.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{message} (`{self.prog} --help` lists what there is)")

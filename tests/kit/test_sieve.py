"""Plain searches find what patterns would, in texts of any kind, and leave pictures out without moving a line."""

from __future__ import annotations

import pytest
from readykit.credentials import leaks
from readykit.sieve import sieve, without_data

TOKEN = "gh" + "p_" + "mZ4vQ8sLk2Xw9Rb7Tn3Yc6Hd1Jf5Pg0Aue8i"
PICTURE = "iVBORw0KGgo" + "Ab3/" * 5_000


def test_a_picture_is_cut_and_lines_stay() -> None:
    """What stands behind a picture is found on the line on which it stands."""
    text = f'{{\n"image/png": "{PICTURE}",\n"source": "{TOKEN}"\n}}\n'
    short = without_data(text)
    assert len(short) < len(text) / 2
    assert short.count("\n") == text.count("\n")
    assert [leak.at.line for leak in leaks(short, "a.ipynb", code=True)] == [3]


def test_a_text_without_data_is_left_as_it_is() -> None:
    """Nothing is cut from words, however long a line is."""
    text = "some words and then some more " * 1_000
    assert without_data(text) is text


@pytest.mark.parametrize("before", ["", "é" * 50, "数据" * 50, "İ" * 50], ids=["ascii", "latin", "wide", "grows"])
def test_places_are_those_of_the_text(before: str) -> None:
    """Letters outside ASCII, also those that grow in lower case, move nothing."""
    text = f"{before}\nAPI_Key = 1\n"
    sift = sieve(text)
    (place,) = sift.places(b"api_key")
    assert text[place : place + 7] == "API_Key"
    assert list(sift.lines([place])) == [len(before) + 1]
    assert text[place : sift.end(place)] == "API_Key = 1"
    assert sift.line(place) == 2


@pytest.mark.parametrize(
    "text",
    [
        "token" * 200_000,
        "sk-" * 300_000,
        "name: " + "token" * 200_000,
        "".join(f"login(a{n})\n" for n in range(40_000)),
        "default=" * 100_000,
        "%env " + "token " * 100_000,
        f"{TOKEN}\n" * 20_000,
        "password: \n" * 100_000,
        " " * 1_000_000,
        "://a:" * 200_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_no_text_takes_long(text: str) -> None:
    """A text that is made to be slow is read to its end: the suite's own limit would stop it."""
    list(leaks(text, "settings.yaml", code=False))
    list(leaks(text, "settings.py", code=True))

"""Texts as words."""

from .stemming import stem


def words(text):
    if not isinstance(text, str):
        raise ValueError(f"a ticket is a text, this one is {text!r}")
    return [stem(word) for word in text.lower().split()]

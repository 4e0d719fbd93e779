"""What the classifier sees of a text."""

from cleaning import words
from sklearn.feature_extraction.text import TfidfVectorizer


def features():
    return TfidfVectorizer(analyzer=words)

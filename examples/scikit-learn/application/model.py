"""The team that a ticket is for."""

import csv
from pathlib import Path

from features import features
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

SAMPLE = {"instances": ["I was charged twice", "The app crashes at the start"]}
TICKETS = Path(__file__).with_name("data") / "tickets.csv"

classifier = make_pipeline(features(), LogisticRegression(C=10))


def load():
    with TICKETS.open(encoding="utf-8", newline="") as file:
        tickets = list(csv.DictReader(file))
    classifier.fit([t["text"] for t in tickets], [t["team"] for t in tickets])


def predict(instances):
    return classifier.predict(instances).tolist()

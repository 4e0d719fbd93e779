"""Whether a point lies inside the unit circle, as a Keras model has learned it."""

import os

# TensorFlow reads it when it is imported: no notices about CPU features in the log.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy

SAMPLE = {"instances": [[0.1, 0.2], [1.5, 0.4]]}
state = {}


def load(artifacts):
    state["model"] = keras.models.load_model(artifacts / "circle.keras", compile=False)
    predict(SAMPLE["instances"])  # what the first call alone does is done now


def predict(instances):
    points = numpy.asarray(instances, dtype="float32")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError("each instance is a point of two numbers, such as [0.1, 0.2]")
    likely = state["model"](points).numpy()[:, 0]
    return ["inside" if one > 0.5 else "outside" for one in likely]

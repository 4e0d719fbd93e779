"""Trains the model and writes weights/circle.keras: `python train.py`, with Keras installed."""

from pathlib import Path

import keras
import numpy

keras.utils.set_random_seed(1)
points = numpy.random.default_rng(1).uniform(-2, 2, size=(4000, 2)).astype("float32")
inside = (numpy.square(points).sum(axis=1) < 1).astype("float32")

model = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy")
model.fit(points, inside, epochs=20, batch_size=64, verbose=2)

file = Path(__file__).with_name("weights") / "circle.keras"
file.parent.mkdir(exist_ok=True)
model.save(file)
print(f"{file}: {file.stat().st_size:,} bytes")

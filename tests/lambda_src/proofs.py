"""One run of the installer with a model and further wheels."""

from __future__ import annotations

from .conftest import SHAPES, Populate, Run, Wheel


def tried(populate: Populate, model: str, *wheels: Wheel) -> Run:
    populate.index.add(*wheels)
    populate.write_lock(SHAPES.pin, *(wheel.pin for wheel in wheels))
    populate.write_model(model)
    return populate.run()

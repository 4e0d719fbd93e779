"""Where each series has values far from its median."""

import numpy

SAMPLE = {"instances": [[10, 11, 9, 10, 50], [1, 2, 3]]}
FAR = 5.0


def predict(instances):
    return [outliers(values) for values in instances]


def outliers(values):
    distances = numpy.abs(numpy.asarray(values) - numpy.median(values))
    return numpy.flatnonzero(distances > FAR * numpy.median(distances)).tolist()

"""The public names of the package: a change of this list is a change for its users."""

import components

# With a line in CHANGELOG.md: what is added. With a line in docs/upgrading.md: what goes.
NAMES = """
    Account Application ArtifactPublication ArtifactPublicationArgs Artifacts BucketArgs Caller
    ConcurrencyArgs ConfigurationError Credentials EfsInferenceError EfsStore EfsStoreArgs
    ExistingEfsStoreArgs ExistingNetworkArgs FunctionRole FunctionUrlArgs InferenceFunction
    InferenceFunctionArgs InvocationError LogArgs Mount Network NetworkArgs Observability
    ObservabilityArgs PopulateError Populator PopulatorArgs PopulatorRun PopulatorRunArgs
    Problem Publication PublicationArgs Release RoleArgs Settings SmokeInvocation
    SmokeInvocationArgs Target TaskSize Thresholds
"""


def test_the_public_names_are_these_and_each_is_there() -> None:
    assert sorted(components.__all__) == NAMES.split()
    assert all(hasattr(components, name) for name in components.__all__)

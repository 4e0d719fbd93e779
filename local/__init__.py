"""The embedded default: the same program, without AWS account, Pulumi CLI or Docker."""

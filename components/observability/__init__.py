"""How a stack is seen in operation: alarms to a topic, and a dashboard."""

from .alarms import UTILIZATION, Alarm, Thresholds, alarms
from .component import Observability, ObservabilityArgs
from .dashboard import Subject, dashboard
from .metrics import Metric

__all__ = [
    "UTILIZATION",
    "Alarm",
    "Metric",
    "Observability",
    "ObservabilityArgs",
    "Subject",
    "Thresholds",
    "alarms",
    "dashboard",
]

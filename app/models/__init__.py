"""The tables, a module a subject."""

from __future__ import annotations

from app.models.catalogue import Indicator, IndicatorDefinition, Methodology, Principle
from app.models.edition import Edition
from app.models.figures import Observation, ReferencePeriod, Vintage, VintageScope, VintageShown
from app.models.jobs import JobFinding, JobRun, JobSource
from app.models.people import (
    Account,
    AccountCity,
    AccountRole,
    ApiToken,
    AuditEvent,
    Counted,
    Invitation,
    SignIn,
)
from app.models.places import City, CityAlias, Country, Region, RegionAlias
from app.models.scores import FrameworkVersion, Score, ScoreRun
from app.models.submissions import (
    Deadline,
    IdempotencyKey,
    ReceivedBytes,
    Reminder,
    Submission,
    SubmissionAnswer,
    SubmissionComment,
)
from app.models.tasks import Task
from app.models.webhooks import Webhook, WebhookDelivery, WebhookTry

__all__ = [
    "Account",
    "AccountCity",
    "AccountRole",
    "ApiToken",
    "AuditEvent",
    "City",
    "CityAlias",
    "Counted",
    "Country",
    "Deadline",
    "Edition",
    "FrameworkVersion",
    "IdempotencyKey",
    "Indicator",
    "IndicatorDefinition",
    "Invitation",
    "JobFinding",
    "JobRun",
    "JobSource",
    "Methodology",
    "Observation",
    "Principle",
    "ReceivedBytes",
    "ReferencePeriod",
    "Region",
    "RegionAlias",
    "Reminder",
    "Score",
    "ScoreRun",
    "SignIn",
    "Submission",
    "SubmissionAnswer",
    "SubmissionComment",
    "Task",
    "Vintage",
    "VintageScope",
    "VintageShown",
    "Webhook",
    "WebhookDelivery",
    "WebhookTry",
]

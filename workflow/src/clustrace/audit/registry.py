"""All checks, in the order in which reports list them."""

from __future__ import annotations

from clustrace.audit.checks import (
    aggregates,
    artefacts,
    claims,
    code,
    data,
    drawn,
    environment,
    leaks,
    records,
    runs,
    scores,
    verdicts,
)
from clustrace.audit.model import Check

CHECKS: tuple[Check, ...] = (
    records.DataUnchanged(),
    data.RawRegistered(),
    data.TruthDerived(),
    data.PreparedDerived(),
    records.RecordsReadable(),
    records.OutputsUnchanged(),
    records.NothingUnrecorded(),
    records.ChainUnbroken(),
    runs.ParametersDeclared(),
    runs.SeedsPlanned(),
    runs.SeedsDistinct(),
    records.TimesPlausible(),
    artefacts.WeightsSound(),
    code.CodePresent(),
    artefacts.HistoriesComplete(),
    scores.ScoresRecomputed(),
    aggregates.AggregatesRecomputed(),
    aggregates.RoundingRight(),
    verdicts.PublishedRight(),
    verdicts.ToleranceRight(),
    verdicts.VerdictRight(),
    claims.SummariesRecomputed(),
    aggregates.MembersComplete(),
    drawn.ArraysRecomputed(),
    leaks.NoLabelsInTraining(),
    leaks.LabelsOnlyEvaluated(),
    leaks.FeaturesWithoutLabels(),
    environment.EnvironmentKnown(),
    code.CommitKnown(),
    environment.DeterminismDeclared(),
    code.CodeOfCommit(),
    code.CodeCommitted(),
)

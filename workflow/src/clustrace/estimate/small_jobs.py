"""Jobs that are no runs: seconds by the size of what they read."""

from __future__ import annotations

from dataclasses import dataclass

from clustrace.config.plan import Plan
from clustrace.estimate.jobs import PlannedJob
from clustrace.estimate.preparing import preparing, samples_of

#: Seconds, memory in MiB and bytes of outputs, as recorded on two cores.
_FIXED = {
    "truth": (1.0, 180.0, 40_000),
    "reveal": (1.0, 180.0, 560_000),
    "embed": (8.0, 900.0, 60_000),
    "filters": (3.0, 700.0, 400_000),
    "activations": (8.0, 1500.0, 10_000),
    "ledger": (8.0, 250.0, 100_000),
    "table": (2.0, 200.0, 100_000),
    "figure": (4.0, 250.0, 300_000),
    "summary": (1.0, 200.0, 2_000),
    "parquet": (2.0, 300.0, 60_000),
}
#: For a rule that this list does not know yet.
_OTHER = (10.0, 500.0, 100_000)
_MIB = 2.0**20
_BYTES_A_SECOND_FROM_THE_NETWORK = 2e6
#: Scores of one label, once: counting, the best matching, mutual information.
_SECONDS_A_SCORED_LABEL = 2e-6
_BYTES_OF_SCORES = 80
_IMPORTS = 200.0
_IMPORTS_WITH_TORCH = 600.0
#: All pairs of samples are compared feature by feature, and the nearest picked among them.
_SECONDS_A_PRODUCT, _SECONDS_A_PAIR = 2.5e-11, 8e-9
#: Features in float64 and, centred, in float32; rows of all pairs that exist at a time.
_BYTES_A_FEATURE, _ROWS_AT_A_TIME = 24, 1024


@dataclass(frozen=True)
class SmallJob:
    """Time, memory and disk of a job.

    Attributes:
        seconds: its work.
        memory_mib: largest resident memory.
        bytes: size of its outputs.
    """

    seconds: float
    memory_mib: float
    bytes: int


def small_job(plan: Plan, job: PlannedJob) -> SmallJob:
    """What a job takes that trains and clusters nothing."""
    match job.rule, job.wildcards:
        case "fetch", (raw,):
            size = plan.experiment.raw(raw).bytes
            seconds = 2.0 + size / _BYTES_A_SECOND_FROM_THE_NETWORK
            return SmallJob(seconds, _IMPORTS + 4 * size / _MIB, size)
        case "prepare", (dataset, subset):
            found = preparing(plan, dataset, subset)
            return SmallJob(found.seconds, _IMPORTS + found.memory / _MIB, found.bytes)
        case "neighbours", (dataset, subset, method):
            return _neighbours(plan, dataset, subset, method)
        case "evaluate", (dataset, method, _):
            return _evaluated(plan, dataset, method)
    return SmallJob(*_FIXED.get(job.rule, _OTHER))


def _neighbours(plan: Plan, dataset: str, subset: str, method: str) -> SmallJob:
    """All pairs of samples, and the nearest of them."""
    samples = samples_of(plan, dataset, subset)
    kept = plan.experiment.arguments(method, dataset)["n_neighbors"]
    n, neighbours = samples.count, kept if isinstance(kept, int) else 0
    seconds = 4.0 + n**2 * (samples.features * _SECONDS_A_PRODUCT + _SECONDS_A_PAIR)
    memory = n * (samples.features * _BYTES_A_FEATURE + 8 * _ROWS_AT_A_TIME)
    return SmallJob(seconds, _IMPORTS_WITH_TORCH + memory / _MIB, 8 * n * neighbours)


def _evaluated(plan: Plan, dataset: str, method: str) -> SmallJob:
    """Scores of each label vector that a run keeps, at most as many as its settings allow."""
    experiment = plan.experiment
    subset = experiment.subset(dataset)
    count = experiment.dataset(dataset).samples if subset == "all" else int(subset)
    vectors = 1
    if experiment.methods[method].stage == "finetune":
        arguments = experiment.arguments(method, dataset)
        steps, interval = arguments.get("max_iterations"), arguments.get("update_interval")
        epochs = arguments.get("epochs")
        if isinstance(steps, int) and isinstance(interval, int):
            vectors += steps // interval + 1
        elif isinstance(epochs, int):
            vectors += epochs + 1
    vectors *= len(experiment.seeds) // len(experiment.blocks) or 1
    seconds = 1.0 + vectors * count * _SECONDS_A_SCORED_LABEL
    return SmallJob(seconds, _IMPORTS + vectors * count / _MIB, vectors * _BYTES_OF_SCORES)

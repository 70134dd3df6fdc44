"""What a plan takes in all, and each of its papers and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from clustrace.config.base import Model
from clustrace.estimate.estimates import Estimate, Estimator, Source
from clustrace.estimate.jobs import PlannedJob, PlannedJobs
from clustrace.estimate.schedule import Schedule, Task, schedule

#: Start of a job's process: its own, forked from one that has its imports, or on a cluster, where
#: Snakemake starts again on the node (measured on two cores, results/bench.md).
_START, _FORKED_START, _CLUSTER_START = 5.0, 1.0, 10.0


class Part(Model):
    """What some jobs take together."""

    name: str
    """All, a rule, a paper, or a table as in `dcec.table1`."""
    jobs: int
    cpu_hours: float
    """Core hours of jobs without a GPU."""
    gpu_hours: float
    """Hours of jobs on a GPU."""
    peak_memory_mib: float
    """Largest resident memory of one job."""
    bytes: int
    """Size of outputs."""
    sources: dict[str, float]
    """Share of the hours that comes from records, is scaled, counted or assumed."""


class PlanEstimate(Model):
    """What a plan takes."""

    protocol: str
    whole: bool
    """True if jobs that are done count as well."""
    total: Part
    """Every job once."""
    rules: tuple[Part, ...]
    papers: tuple[Part, ...]
    """A job behind several papers counts in each."""
    tables: tuple[Part, ...]
    """A job behind several tables counts in each."""
    shared_jobs: int
    """Jobs behind several tables."""
    capacity: int
    """Cores, or on a cluster jobs at a time, that the next two are for."""
    on_cluster: bool
    wall_hours: float
    """From start to end."""
    memory_at_a_time_mib: float
    """Most memory of the jobs that run side by side; on a cluster they are on several nodes."""
    machine: str
    """Where the rate of the machine comes from."""


def estimate_plan(
    estimator: Estimator, todo: Collection[PlannedJob] | None, capacity: int, *, on_cluster: bool
) -> PlanEstimate:
    """What a plan takes.

    Args:
        estimator: what its jobs take.
        todo: jobs that are to be done; None for all.
        capacity: cores, or jobs at a time on a cluster.
        on_cluster: whether jobs are handed to a cluster.
    """
    plan, jobs = estimator.plan, PlannedJobs(estimator.plan)
    wanted = jobs.all if todo is None else _in_order(jobs, todo)
    chosen = set(wanted)

    def part(name: str, of: Iterable[PlannedJob]) -> Part:
        return _part(name, [estimator.of_job(job) for job in of if job in chosen])

    behind = {
        f"{paper.slug}.{table.slug}": jobs.of_table(paper, table.slug)
        for paper in plan.papers
        for table in paper.tables
    }
    times = Counter(job for table in behind.values() for job in table if job in chosen)
    side_by_side = _schedule(estimator, jobs, wanted, capacity, on_cluster=on_cluster)
    rules = dict.fromkeys(job.rule for job in wanted)
    return PlanEstimate(
        protocol=plan.experiment.protocol.slug,
        whole=todo is None,
        total=part("all", wanted),
        rules=tuple(part(rule, (j for j in wanted if j.rule == rule)) for rule in rules),
        papers=tuple(part(paper.slug, jobs.of_paper(paper)) for paper in plan.papers),
        tables=tuple(part(name, table) for name, table in behind.items()),
        shared_jobs=sum(1 for count in times.values() if count > 1),
        capacity=capacity,
        on_cluster=on_cluster,
        wall_hours=side_by_side.seconds / 3600,
        memory_at_a_time_mib=side_by_side.memory_mib,
        machine=estimator.machine.source,
    )


def _in_order(jobs: PlannedJobs, todo: Collection[PlannedJob]) -> tuple[PlannedJob, ...]:
    """Jobs to do behind those that they need; those that the plan does not know come last."""
    known = [job for job in jobs.all if job in todo]
    return (*known, *sorted(set(todo) - set(known)))


def _part(name: str, estimates: list[Estimate]) -> Part:
    shares: dict[Source, float] = {}
    for each in estimates:
        shares[each.source] = shares.get(each.source, 0.0) + each.seconds
    total = sum(shares.values())
    return Part(
        name=name,
        jobs=len(estimates),
        cpu_hours=sum(e.seconds * e.threads for e in estimates if not e.gpu) / 3600,
        gpu_hours=sum(e.seconds for e in estimates if e.gpu) / 3600,
        peak_memory_mib=max((e.memory_mib for e in estimates), default=0.0),
        bytes=sum(e.bytes for e in estimates),
        sources={source.value: shares[source] / total for source in Source if shares.get(source)},
    )


def _schedule(
    estimator: Estimator,
    jobs: PlannedJobs,
    wanted: tuple[PlannedJob, ...],
    capacity: int,
    *,
    on_cluster: bool,
) -> Schedule:
    number = {job: position for position, job in enumerate(wanted)}
    forked = estimator.plan.experiment.protocol.max_samples is not None
    start = _CLUSTER_START if on_cluster else _FORKED_START if forked else _START
    tasks = []
    for job in wanted:
        estimate = estimator.of_job(job)
        tasks.append(
            Task(
                seconds=estimate.seconds + start,
                cores=1 if on_cluster else estimate.threads,
                memory_mib=estimate.memory_mib,
                needs=tuple(number[n] for n in jobs.needs(job) if n in number),
            )
        )
    return schedule(tasks, capacity)

"""Section scheduling: what a job costs on the SLURM that is there, beside its work."""

from __future__ import annotations

from clustrace.bench.quick_run import told
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.slurm_run import ClusterJob, ClusterRun, no_cluster, run_on_slurm

_RUN = {"protocol": "quick", "papers": "dcec", "device": "cpu"}
_TRIAL = {
    "protocol": "smoke",
    "papers": "demonstration",
    "methods": "sae-kmeans",
    "device": "cpu",
}
_PERCENT = 10.0
_GOAL = f"Starting jobs on SLURM takes under {_PERCENT:g} % of a quick run's time on nodes"


def measure(setting: Setting) -> Findings:
    """Run a paper on SLURM where there is one.

    Raises:
        ClustraceError: the run failed, or a job had no result.
    """
    given = _TRIAL if setting.quick else _RUN
    reason = no_cluster()
    cluster = None if reason else run_on_slurm(setting.experiment.root.absolute(), given)
    return findings(cluster, reason or "")


def findings(cluster: ClusterRun | None, reason: str) -> Findings:
    """What the run tells.

    Args:
        cluster: the run on SLURM; None if there is none.
        reason: why there is none.
    """
    if cluster is None:
        detail = f"There is no SLURM here: {reason}"
        return Findings(tables=(), goals=(Goal(text=_GOAL, verdict="not shown", detail=detail),))
    note = (
        f"A run of {told(_RUN)}, from raw data on disk to tables; work is what records of jobs "
        "tell, with recording. Start-up is the time that a job has a node and does not work (two "
        "starts of Snakemake, imports, starting and ending each of the jobs that share it); "
        "queued: before it has one; noticed: from its end until Snakemake goes on. SLURM tells "
        "whole seconds. The same run without SLURM is in the section `recording`."
    )
    return Findings(tables=(_run(cluster), _jobs(cluster)), goals=(_goal(cluster),), notes=(note,))


def _goal(cluster: ClusterRun) -> Goal:
    reached = cluster.start_up_percent
    each = sum(job.start_up for job in cluster.jobs) / len(cluster.jobs)
    count = sum(len(job.jobs) for job in cluster.jobs)
    return Goal(
        text=_GOAL,
        verdict="met" if reached < _PERCENT else "missed",
        detail=f"{reached:.1f} %; {each:.1f} s for each of {len(cluster.jobs)} jobs on the "
        f"cluster, which {count} jobs of the workflow share.",
    )


def _run(cluster: ClusterRun) -> Table:
    shared = sum(len(job.jobs) for job in cluster.jobs)
    start_up = sum(job.start_up for job in cluster.jobs)
    row: dict[str, Value] = {
        "jobs": shared + len(cluster.here),
        "handed": len(cluster.jobs),
        "run": cluster.seconds,
        "beside": sum(job.work + job.recording for job in cluster.here),
        "work": sum(job.work for job in cluster.jobs),
        "start-up": start_up,
        "each": start_up / shared,
        "share": cluster.start_up_percent,
    }
    columns = (
        Column(key="jobs", title="jobs", decimals=0),
        Column(key="handed", title="jobs on the cluster", decimals=0),
        Column(key="run", title="whole run", unit="s", decimals=1),
        Column(key="beside", title="work beside Snakemake", unit="s", decimals=1),
        Column(key="work", title="work on nodes", unit="s", decimals=1),
        Column(key="start-up", title="start-up", unit="s", decimals=1),
        Column(key="each", title="start-up for each job", unit="s", decimals=2),
        Column(key="share", title="start-up, share of the time on nodes", unit="%", decimals=1),
    )
    return Table(title="A quick run", columns=columns, rows=(row,))


def _jobs(cluster: ClusterRun) -> Table:
    figures = [_figures(job) for job in cluster.jobs]
    rows: list[dict[str, Value]] = [
        {"job": ", ".join(sorted({name.partition(" ")[0] for name in job.names})), **own}
        for job, own in zip(cluster.jobs, figures, strict=True)
    ]
    every = {key: Spread.of([own[key] for own in figures]) for key in figures[0]}
    columns = (
        Column(key="job", title="rules"),
        Column(key="jobs", title="jobs that share it", decimals=0),
        Column(key="queued", title="queued", unit="s", decimals=0),
        Column(key="allocated", title="on a node", unit="s", decimals=0),
        Column(key="work", title="work", unit="s", decimals=1),
        Column(key="start-up", title="start-up", unit="s", decimals=1),
        Column(key="noticed", title="noticed after", unit="s", decimals=0),
    )
    title = "Jobs on the cluster"
    return Table(title=title, columns=columns, rows=(*rows, {"job": "all", **every}))


def _figures(job: ClusterJob) -> dict[str, float]:
    return {
        "jobs": len(job.jobs),
        "queued": job.queued,
        "allocated": job.allocated,
        "work": job.work,
        "start-up": job.start_up,
        "noticed": job.noticed,
    }

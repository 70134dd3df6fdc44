"""Section scheduling: what a job costs beside its work, here and on the SLURM that is there."""

from __future__ import annotations

from clustrace.bench.quick_run import QuickRun, run, told
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.slurm_run import ClusterJob, ClusterRun, no_cluster, run_on_slurm

_RUN = {"protocol": "quick", "papers": "dcec", "datasets": "usps", "device": "cpu"}
_TRIAL = {"protocol": "smoke", "papers": "demonstration", "methods": "kmeans", "device": "cpu"}
_PERCENT = 10.0
_GOAL = f"Starting jobs on SLURM takes under {_PERCENT:g} % of a quick run's time on nodes"


def measure(setting: Setting) -> Findings:
    """Run the demonstration here, and on SLURM where there is one.

    Raises:
        ClustraceError: a run failed, or a job had no result.
    """
    given = _TRIAL if setting.quick else _RUN
    root = setting.experiment.root.absolute()
    here = run(root, given)
    reason = no_cluster()
    cluster = None if reason else run_on_slurm(root, given)
    return findings(here, cluster, reason or "")


def findings(here: QuickRun, cluster: ClusterRun | None, reason: str) -> Findings:
    """What the runs tell.

    Args:
        here: the run on one core of this machine.
        cluster: the same on SLURM; None if there is none.
        reason: why there is none.
    """
    note = (
        f"A run of {told(_RUN)}, from raw data on "
        "disk to tables; work is what records of jobs tell, with recording. Here, on one core, "
        "the rest is Snakemake's start, its plan, and starting and ending jobs. "
    )
    if cluster is None:
        goal = Goal(text=_GOAL, verdict="not shown", detail=f"There is no SLURM here: {reason}")
        return Findings(tables=(_runs(here, None),), goals=(goal,), notes=(note,))
    note += (
        "On SLURM, start-up is the time that a job has a node and does not work (two starts of "
        "Snakemake, imports, starting and ending each of the jobs that share it); queued: before "
        "it has one; noticed: from its end until Snakemake goes on. SLURM tells whole seconds."
    )
    return Findings(
        tables=(_runs(here, cluster), _jobs(cluster)),
        goals=(_goal(cluster),),
        notes=(note,),
    )


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


def _runs(here: QuickRun, cluster: ClusterRun | None) -> Table:
    rows: list[dict[str, Value]] = [
        {
            "where": "here, one core",
            "jobs": len(here.jobs),
            "handed": 0,
            "run": here.seconds,
            "work": here.work + here.recording,
            "each": here.rest / len(here.jobs),
            "share": 100 * here.rest / here.seconds,
        }
    ]
    if cluster is not None:
        shared = sum(len(job.jobs) for job in cluster.jobs)
        start_up = sum(job.start_up for job in cluster.jobs)
        beside = sum(job.work + job.recording for job in cluster.here)
        rows.append(
            {
                "where": "SLURM, its nodes",
                "jobs": shared + len(cluster.here),
                "handed": len(cluster.jobs),
                "run": cluster.seconds,
                "work": beside + sum(job.work for job in cluster.jobs),
                "each": start_up / shared,
                "share": cluster.start_up_percent,
            }
        )
    columns = (
        Column(key="where", title="where"),
        Column(key="jobs", title="jobs", decimals=0),
        Column(key="handed", title="jobs on the cluster", decimals=0),
        Column(key="run", title="whole run", unit="s", decimals=1),
        Column(key="work", title="work of all jobs", unit="s", decimals=1),
        Column(key="each", title="no work, for each job", unit="s", decimals=2),
        Column(key="share", title="no work, share", unit="%", decimals=1),
    )
    return Table(title="A quick run", columns=columns, rows=tuple(rows))


def _jobs(cluster: ClusterRun) -> Table:
    figures = [_figures(job) for job in cluster.jobs]
    rows: list[dict[str, Value]] = [
        {"job": job.name.partition(" ")[0], **own}
        for job, own in zip(cluster.jobs, figures, strict=True)
    ]
    every = {key: Spread.of([own[key] for own in figures]) for key in figures[0]}
    columns = (
        Column(key="job", title="rule"),
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

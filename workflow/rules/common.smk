# Look-ups into the typed configuration; everything else is in the package.

import gc
import os
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.resources import Resources

from clustrace.config.drawn import activation_settings, drawn_files, filter_settings
from clustrace.config.experiment import load_experiment
from clustrace.config.figures import FEATURES
from clustrace.config.plan import Plan
from clustrace.data.artefact import read_artefact
from clustrace.errors import ClustraceError
from clustrace.estimate.resources import JobResources
from clustrace.files import read_json
from clustrace.provenance.canonical import in_canonical_order
from clustrace.provenance.code_identity import code_index
from clustrace.report.disk import other_files
from clustrace.slurm.attempts import memory_after, minutes_after
from clustrace.slurm.checkpoints import remove_needless
from clustrace.slurm.hooks import before_jobs
from clustrace.slurm.looks import look_every
from clustrace.slurm.shared import others_go_on
from clustrace.stages import preloaded

# A plan consists of objects that stay. To look through them for garbage, again with each thousand
# of new ones, took a fifth of the time of large plans.
gc.set_threshold(100_000, 50, 50)

try:
    EXPERIMENT = load_experiment(".", config)
    PLAN = Plan(EXPERIMENT)
    PLAN.runs
except ClustraceError as error:
    raise WorkflowError(str(error)) from None

LAYOUT = EXPERIMENT.layout
RESOURCES = JobResources.of(PLAN)
PROTOCOL = EXPERIMENT.protocol.slug
ENVIRONMENT = "../../envs/environment.yaml"
# Jobs of seconds. On a cluster each would cost ten more to start, so those that need neither a GPU
# nor a node run where the workflow does, and the others share jobs: pretrained networks with all
# that is computed from them, as many as profiles/default/config.yaml says; in turn, so that they
# need no more than the largest of them.
SHORT = EXPERIMENT.protocol.max_samples is not None
TRAINING = "training" if SHORT else None
# No Python, hence not in the code identity.
TEMPLATES = sorted(str(path) for path in Path("workflow/src/clustrace/report/templates").iterdir())

if SHORT:
    # What shares a job runs where pretrainings do.
    asked = dict(workflow.resource_settings.overwrite_resources)
    for name in ("initialise", "finetune", "classify"):
        asked[name] = Resources({**asked.get(name, {}), **asked.get("pretrain", {})})
    workflow.resource_settings.overwrite_resources = asked


# One in each job on a cluster, not one in all.
workflow.register_resource("in_turn", 1)


resource_scopes:
    in_turn="local",


wildcard_constraints:
    raw=r"[a-z0-9-]+",
    dataset=r"[a-z0-9-]+",
    method=r"[a-z0-9-]+",
    block=r"\d+(-\d+)?",
    subset=r"all|\d+",
    paper=r"[a-z0-9-]+",
    table=r"[a-z0-9-]+",
    figure=r"[a-z0-9-]+",
    samples=r"\d+",
    units=r"\d+",
    largest=r"\d+(\.\d+)?",
    bins=r"\d+",


def one_of(names):
    """Regular expression for the methods of a stage."""
    return "|".join(sorted(names)) or "none"


@cache
def code_roots(module, method=None, dataset=None):
    """Modules that a job starts from: that of its stage, and its estimators or transforms."""
    estimated = method in EXPERIMENT.methods and not module.endswith("evaluate")
    chain = EXPERIMENT.chain(method) if estimated else ()
    modules = [EXPERIMENT.methods[m].estimator.partition(":")[0] for m in chain]
    if dataset:
        modules += EXPERIMENT.dataset(dataset).transform_modules()
    return tuple(sorted({f"clustrace.{module}", *modules}))


@cache
def code_digest(*job):
    """Identity of the code that a job starts."""
    return code_index().identity(*code_roots(*job)).digest


def job_of(module, wildcards):
    """What decides where a job's code starts: its stage, its method or data set."""
    if module == "stages.prepare":
        return module, None, wildcards.dataset
    return module, wildcards.get("method")


def roots_of(module):
    """Params function: modules that jobs of a stage start from."""
    return lambda wildcards: list(code_roots(*job_of(module, wildcards)))


def code_of(module):
    """Params function: code identity of jobs of a stage."""
    return lambda wildcards: code_digest(*job_of(module, wildcards))


def in_order(settings):
    """Params function whose keys are sorted, so that a record tells what Snakemake noted."""
    return lambda wildcards: in_canonical_order(settings(wildcards))


@in_order
def run_settings(wildcards):
    """Everything besides code and inputs that decides what a run gives."""
    return PLAN.run_settings(wildcards.dataset, wildcards.method, wildcards.block)


def one_of_a_batch(wildcards):
    """Resource function: 1 on a cluster, whose shared jobs have one of them at work at a time."""
    return int(not (workflow.local_exec and workflow.is_main_process))


IN_TURN = one_of_a_batch if SHORT else 0
# GPUs of a training.
GPUS = int(EXPERIMENT.settings.device == "cuda")


def mem_mb(rule):
    """Resource function: memory of a rule's jobs in MB, more with each attempt."""
    return lambda wildcards, attempt: memory_after(
        LAYOUT.heartbeat(PROTOCOL, rule, *wildcards), RESOURCES.mem_mb(rule, wildcards, attempt)
    )


def runtime(rule):
    """Resource function: time limit of a rule's jobs in minutes, more with each attempt."""
    return lambda wildcards, attempt: minutes_after(
        LAYOUT.heartbeat(PROTOCOL, rule, *wildcards), RESOURCES.runtime(rule, wildcards, attempt)
    )


def wildcards_of_run(wildcards):
    """Data set, method and block of seeds."""
    return wildcards.dataset, wildcards.method, wildcards.block


def features(wildcards):
    """Features of a data set."""
    return LAYOUT.features(wildcards.dataset, EXPERIMENT.subset(wildcards.dataset))


def labels(wildcards):
    """True labels of a data set."""
    return LAYOUT.labels(wildcards.dataset, EXPERIMENT.subset(wildcards.dataset))


def training_labels(wildcards):
    """Labels of a data set that classifiers may learn from."""
    return LAYOUT.training_labels(wildcards.dataset, EXPERIMENT.subset(wildcards.dataset))


def learnt_before(wildcards):
    """Weights of the features that a classifier works on, where it starts from some."""
    if len(EXPERIMENT.chain(wildcards.method)) == 1:
        return {}
    return {"weights": model_before(1)(wildcards)}


def model_before(steps):
    """Input function: model of the method that lies some steps before a run's own."""

    def model(wildcards):
        method = EXPERIMENT.chain(wildcards.method)[-1 - steps]
        return LAYOUT.model(PROTOCOL, wildcards.dataset, method, wildcards.block)

    return model


def embedded(wildcards):
    """What samples of a run are embedded from."""
    return PLAN.embedding_inputs(*wildcards_of_run(wildcards))


def neighbours_of(wildcards):
    """Nearest neighbours that a run works on."""
    dataset = wildcards.dataset
    graph = PLAN.neighbours_of(wildcards.method)
    return LAYOUT.neighbours(dataset, EXPERIMENT.subset(dataset), graph)


def features_of_subset(wildcards):
    """Features of a data set, as many samples as the path says."""
    return LAYOUT.features(wildcards.dataset, wildcards.subset)


@in_order
def settings_of_neighbours(wildcards):
    """Everything besides code and inputs that decides the nearest neighbours of samples."""
    return PLAN.neighbour_settings(wildcards.dataset, wildcards.method)


@in_order
def embedding_settings(wildcards):
    """Everything besides code and inputs that decides the embedding of some samples."""
    return PLAN.embedding_settings(*wildcards_of_run(wildcards), int(wildcards.samples))


def network_behind(wildcards):
    """A network, and where it is to give features those of its data set."""
    files = {"weights": LAYOUT.model(PROTOCOL, *wildcards_of_run(wildcards))}
    return {"features": features(wildcards), **files} if "samples" in wildcards.keys() else files


@in_order
def settings_of_filters(wildcards):
    """Everything besides code and inputs that decides which weights a figure shows."""
    return filter_settings(PLAN, *wildcards_of_run(wildcards), int(wildcards.units))


@in_order
def settings_of_activations(wildcards):
    """Everything besides code and inputs that decides a histogram of features."""
    numbers = int(wildcards.samples), float(wildcards.largest), int(wildcards.bins)
    return activation_settings(PLAN, *wildcards_of_run(wildcards), *numbers)


def evaluated(wildcards):
    """What evaluation reads of a run: its labels; labels over time and history where it has them."""
    run = wildcards_of_run(wildcards)
    files = {"predictions": LAYOUT.predictions(PROTOCOL, *run)}
    if EXPERIMENT.methods[wildcards.method].stage == "finetune":
        files["trajectory"] = LAYOUT.trajectory(PROTOCOL, *run)
        files["history"] = LAYOUT.history(PROTOCOL, *run)
    return files


@in_order
def evaluation_settings(wildcards):
    """What evaluation needs to know of a run besides its files."""
    return PLAN.evaluation_settings(wildcards.dataset, wildcards.method)


def raw_of(wildcards):
    """Raw data that a data set is taken from."""
    return LAYOUT.raw(EXPERIMENT.dataset(wildcards.dataset).raw)


def raw_data():
    """Raw data of all runs."""
    return sorted({LAYOUT.raw(EXPERIMENT.dataset(run.dataset).raw) for run in PLAN.runs})


def attempt(raw):
    """Which attempt at fetching raw data stands; another one as long as they are unreachable.

    As a parameter of the rule it makes Snakemake try again in the next run, and no longer once
    the data are there.
    """
    try:
        made = read_json(LAYOUT.data_record("fetch", raw))["parameters"]["attempt"]
    except (ClustraceError, KeyError):
        return 1
    # Snakemake asks once more inside the job, when it has removed the data and kept the record.
    try:
        reached = read_artefact(LAYOUT.raw(raw), load=False).outcome.ok
    except ClustraceError:
        reached = False
    return made if reached else made + 1


@in_order
def settings_of_paper(wildcards):
    """A paper's configuration, as far as it decides its ledger, tables and figures."""
    paper = EXPERIMENT.papers[wildcards.paper]
    published = EXPERIMENT.published[wildcards.paper]
    return {
        "paper": paper.model_dump(mode="json"),
        "published": [number.model_dump(mode="json") for number in published],
        "protocol": EXPERIMENT.protocol.model_dump(mode="json", exclude={"overrides"}),
        "blocks": list(EXPERIMENT.blocks),
    }


@in_order
def settings_of_summary(wildcards):
    """What decides the summary, besides the ledgers."""
    return {"protocol": PROTOCOL, "papers": [paper.slug for paper in PLAN.papers]}


@in_order
def settings_of_raw(wildcards):
    """What decides raw data: their content, not where they come from."""
    fingerprint = EXPERIMENT.raw(wildcards.raw).fingerprint
    return {"fingerprint": fingerprint, "attempt": attempt(wildcards.raw)}


@in_order
def settings_of_dataset(wildcards):
    """Registry entry of a data set, and how many samples are drawn from it."""
    return {
        "dataset": EXPERIMENT.dataset(wildcards.dataset).preparation(),
        "max_samples": None if wildcards.subset == "all" else int(wildcards.subset),
    }


@in_order
def settings_of_table(wildcards):
    """A paper's configuration, as far as it decides its tables."""
    deviations = EXPERIMENT.deviations[wildcards.paper]
    return {**settings_of_paper(wildcards), **deviations.model_dump(mode="json")}


def behind_ledger(wildcards):
    """Scores behind a paper's cells, what its figures are drawn from, what audits confirmed."""
    paper = EXPERIMENT.papers[wildcards.paper]
    figures = [path for figure in paper.figures for path in drawn_files(PLAN, paper, figure)]
    files = {"metrics": PLAN.metrics_of(paper), "drawn": list(dict.fromkeys(figures))}
    files |= {"timed": timed} if (timed := PLAN.timed_of(paper)) else {}
    evidence = LAYOUT.evidence(PROTOCOL, wildcards.paper)
    if evidence.exists():
        # A run that was evaluated anew may have lost what an audit confirmed.
        records = [LAYOUT.record(PROTOCOL, "evaluate", *p.parts[-4:-1]) for p in files["metrics"]]
        files |= {"evidence": evidence, "evaluated": records}
    return files


def drawn(wildcards):
    """What a figure is drawn from: histories, scores, embeddings, or the true classes it shows."""
    paper = EXPERIMENT.papers[wildcards.paper]
    return drawn_files(PLAN, paper, paper.figure(wildcards.figure))


@in_order
def settings_with_others(wildcards):
    """A paper's configuration, and what is shown beyond what it computes; sha256 by path.

    The others are not inputs, since Snakemake would make those anew that are older than their code.
    """
    others = others_of(wildcards.paper, getattr(wildcards, "figure", None))
    return {**settings_of_paper(wildcards), "others": others}


@cache
def others_of(paper, figure):
    """Files that a paper's ledger or a figure shows beyond this configuration, hashed once."""
    declared = EXPERIMENT.papers[paper]
    return other_files(PLAN, declared, declared.figure(figure) if figure else None)


def ledger_of_paper(wildcards):
    """Ledger of a paper."""
    return LAYOUT.ledger(PROTOCOL, wildcards.paper)


#: The settings of this run, as options of clustrace.
OPTIONS = " ".join(f"--config {key}={value}" for key, value in EXPERIMENT.given.items())

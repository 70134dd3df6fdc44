# What happens before the first job and after the last.
import shlex

from clustrace.command import COMMAND

# Whoever calls .venv/bin/snakemake need not have that folder on the path.
CLUSTRACE = shlex.join(COMMAND)
# No rule: it shows all ledgers of the protocol, records and audits with them, and is made anew at the
# end of each run in seconds. It says itself what it cannot show, which is no fault of the run.
SITE = f"{CLUSTRACE} site --protocol {PROTOCOL} || true"


def on_slurm():
    """Whether jobs go to a SLURM cluster."""
    return workflow.executor_plugin.name == "slurm"


# Jobs that share one on a cluster also share its imports, which are made while Snakemake plans. Only
# inside the step that has the job's GPU, not for the Snakemake that starts this step.
if SHORT and workflow.remote_exec:
    if "SLURM_STEP_ID" in os.environ:
        preloaded.start(at_once=True)
    else:
        others_go_on()


onstart:
    # For the sake of its limit of jobs a second, Snakemake's scheduler looks for jobs once more a second
    # after each look, so that after some hundred jobs it has no rest and takes half a processor. Nothing
    # here comes near the limit that it has if none is given.
    limit = workflow.scheduler.job_rate_limiter
    if limit is not None and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
    if on_slurm():
        try:
            for sentence in before_jobs(Path()):
                logger.info(sentence)
        except ClustraceError as error:
            raise WorkflowError(str(error)) from None
        # Else Snakemake on the node would start jobs apart that share one and no file.
        workflow.executor_plugin.common_settings.pass_group_args = True
        if SHORT:
            look_every(seconds=5)
    # Long protocols gain nothing by it, and Snakemake's benchmark files do not see forked jobs.
    if SHORT:
        preloaded.start()


onsuccess:
    # Runs that were asked for other files make none.
    if LAYOUT.summary(PROTOCOL).exists():
        shell("{CLUSTRACE} summary {options}", options=OPTIONS)
        shell(SITE)
    if on_slurm():
        remove_needless(LAYOUT, PROTOCOL)
        shell("{CLUSTRACE} accidents {log}")


onerror:
    # Tables are built from what exists; the cells without a number say why.
    shell("{CLUSTRACE} tables {options}", options=OPTIONS)
    shell(SITE)
    if on_slurm():
        remove_needless(LAYOUT, PROTOCOL)
        shell("{CLUSTRACE} accidents {log}")

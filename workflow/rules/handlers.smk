# What happens before the first job and after the last.


def on_slurm():
    """Whether jobs go to a SLURM cluster."""
    return workflow.executor_plugin.name == "slurm"


onstart:
    if on_slurm():
        try:
            for sentence in before_jobs(Path()):
                logger.info(sentence)
        except ClustraceError as error:
            raise WorkflowError(str(error)) from None
    # Long protocols gain nothing by it, and Snakemake's benchmark files do not see forked jobs.
    if EXPERIMENT.protocol.max_samples is not None:
        preloaded.start()


onsuccess:
    # Runs that were asked for other files make none.
    if LAYOUT.summary(PROTOCOL).exists():
        shell("clustrace summary {options}", options=OPTIONS)
    if on_slurm():
        shell("clustrace accidents {log}")


onerror:
    # Tables are built from what exists; the cells without a number say why.
    shell("clustrace tables {options}", options=OPTIONS)
    if on_slurm():
        shell("clustrace accidents {log}")

# What happens before the first job and after the last.


onstart:
    # Long protocols gain nothing by it, and Snakemake's benchmark files do not see forked jobs.
    if EXPERIMENT.protocol.max_samples is not None:
        preloaded.start()


onsuccess:
    shell("clustrace summary {options}", options=OPTIONS)


onerror:
    # Tables are built from what exists; the cells without a number say why.
    shell("clustrace tables {options}", options=OPTIONS)

# Fetch raw data, and take the data sets out of them: features and labels in separate files.


rule fetch:
    output:
        raw=LAYOUT.raw("{raw}"),
        record=update(LAYOUT.data_record("fetch", "{raw}")),
    log:
        "data/logs/fetch/{raw}.log",
    benchmark:
        "data/benchmarks/fetch/{raw}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    params:
        settings=settings_of_raw,
        # No code identity: whatever fetches them, raw data are what their fingerprint says.
        code_roots=roots_of("stages.fetch"),
    script:
        "../scripts/fetch.py"


rule prepare:
    input:
        raw=raw_of,
    output:
        features=LAYOUT.features("{dataset}", "{subset}"),
        labels=LAYOUT.labels("{dataset}", "{subset}"),
        record=update(LAYOUT.data_record("prepare", "{dataset}", "{subset}")),
    log:
        "data/logs/prepare/{dataset}/{subset}.log",
    benchmark:
        "data/benchmarks/prepare/{dataset}/{subset}.tsv"
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=mem_mb("prepare"),
        runtime=runtime("prepare"),
        cpus_per_task=1,
    params:
        settings=settings_of_dataset,
        code_roots=roots_of("stages.prepare"),
        code=code_of("stages.prepare"),
    script:
        "../scripts/prepare.py"

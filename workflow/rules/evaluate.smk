# Score label vectors against the true labels, which no other rule reads.


rule truth:
    input:
        labels=labels,
    output:
        truth=LAYOUT.truth(PROTOCOL, "{dataset}"),
        record=update(LAYOUT.record(PROTOCOL, "truth", "{dataset}")),
    log:
        LAYOUT.log(PROTOCOL, "truth", "{dataset}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "truth", "{dataset}")
    localrule: True
    conda:
        ENVIRONMENT
    params:
        # Nothing but code and inputs decides the labels.
        settings={},
        code_roots=roots_of("stages.truth"),
        code=code_of("stages.truth"),
    script:
        "../scripts/truth.py"


rule evaluate:
    input:
        unpack(evaluated),
        truth=LAYOUT.truth(PROTOCOL, "{dataset}"),
    output:
        metrics=LAYOUT.metrics(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "evaluate", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "evaluate", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "evaluate", "{dataset}", "{method}", "{block}")
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=mem_mb("evaluate"),
        runtime=runtime("evaluate"),
        cpus_per_task=1,
    params:
        settings=evaluation_settings,
        code_roots=roots_of("stages.evaluate"),
        code=code_of("stages.evaluate"),
    script:
        "../scripts/evaluate.py"

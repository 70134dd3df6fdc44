# k-means on a pretrained embedding: a result of its own, and the start of the methods that follow.


rule initialise:
    input:
        features=features,
        weights=model_before(1),
    output:
        model=LAYOUT.model(PROTOCOL, "{dataset}", "{method}", "{block}"),
        predictions=LAYOUT.predictions(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "initialise", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "initialise", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "initialise", "{dataset}", "{method}", "{block}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("initialise")),
    group:
        TRAINING
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("initialise"),
        runtime=runtime("initialise"),
        cpus_per_task=EXPERIMENT.threads,
        in_turn=IN_TURN,
    params:
        settings=run_settings,
        code_roots=roots_of("stages.initialise"),
        code=code_of("stages.initialise"),
    script:
        "../scripts/initialise.py"

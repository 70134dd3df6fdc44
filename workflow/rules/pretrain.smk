# Train an embedding; all methods that start from it share its weights.


rule pretrain:
    input:
        features=features,
    output:
        model=LAYOUT.model(PROTOCOL, "{dataset}", "{method}", "{block}"),
        history=LAYOUT.history(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "pretrain", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "pretrain", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "pretrain", "{dataset}", "{method}", "{block}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("pretrain")),
    group:
        TRAINING
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("pretrain"),
        runtime=runtime("pretrain"),
        cpus_per_task=EXPERIMENT.threads,
        in_turn=IN_TURN,
        gpu=GPUS,
    params:
        settings=run_settings,
        code_roots=roots_of("stages.pretrain"),
        code=code_of("stages.pretrain"),
    script:
        "../scripts/pretrain.py"

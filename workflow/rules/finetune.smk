# Train embedding and clusters further. No labels among the inputs.


rule finetune:
    input:
        features=features,
        weights=model_before(2),
        initial=model_before(1),
    output:
        model=LAYOUT.model(PROTOCOL, "{dataset}", "{method}", "{block}"),
        trajectory=LAYOUT.trajectory(PROTOCOL, "{dataset}", "{method}", "{block}"),
        predictions=LAYOUT.predictions(PROTOCOL, "{dataset}", "{method}", "{block}"),
        history=LAYOUT.history(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "finetune", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "finetune", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "finetune", "{dataset}", "{method}", "{block}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("finetune")),
    group:
        TRAINING
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("finetune"),
        runtime=runtime("finetune"),
        cpus_per_task=EXPERIMENT.threads,
        in_turn=IN_TURN,
        gpu=GPUS,
    params:
        settings=run_settings,
        code_roots=roots_of("stages.finetune"),
        code=code_of("stages.finetune"),
    script:
        "../scripts/finetune.py"

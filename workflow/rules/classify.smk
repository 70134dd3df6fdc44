# Classifiers: labels of the training and the validation part are revealed, those of the test part not.


rule reveal:
    input:
        labels=LAYOUT.labels("{dataset}", "{subset}"),
    output:
        training_labels=LAYOUT.training_labels("{dataset}", "{subset}"),
        record=update(LAYOUT.data_record("reveal", "{dataset}", "{subset}")),
    log:
        "data/logs/reveal/{dataset}/{subset}.log",
    benchmark:
        "data/benchmarks/reveal/{dataset}/{subset}.tsv"
    wildcard_constraints:
        dataset=one_of(EXPERIMENT.parted_datasets),
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    params:
        # Nothing but code and inputs decides the labels.
        settings={},
        code_roots=roots_of("stages.reveal"),
        code=code_of("stages.reveal"),
    script:
        "../scripts/reveal.py"


rule classify:
    input:
        unpack(learnt_before),
        features=features,
        training_labels=training_labels,
    output:
        model=LAYOUT.model(PROTOCOL, "{dataset}", "{method}", "{block}"),
        predictions=LAYOUT.predictions(PROTOCOL, "{dataset}", "{method}", "{block}"),
        history=LAYOUT.history(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "classify", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "classify", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "classify", "{dataset}", "{method}", "{block}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("classify")),
    group:
        TRAINING
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("classify"),
        runtime=runtime("classify"),
        cpus_per_task=EXPERIMENT.threads,
        in_turn=IN_TURN,
        gpu=GPUS,
    params:
        settings=run_settings,
        code_roots=roots_of("stages.classify"),
        code=code_of("stages.classify"),
    script:
        "../scripts/classify.py"

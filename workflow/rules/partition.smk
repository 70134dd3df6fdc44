# Methods that cluster the features with the help of nearest neighbours. No labels among the inputs.


rule partition:
    input:
        features=features,
        neighbours=neighbours_of,
    output:
        model=LAYOUT.model(PROTOCOL, "{dataset}", "{method}", "{block}"),
        predictions=LAYOUT.predictions(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "partition", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "partition", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "partition", "{dataset}", "{method}", "{block}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("partition")),
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("partition"),
        runtime=runtime("partition"),
        cpus_per_task=EXPERIMENT.threads,
    params:
        settings=run_settings,
        code_roots=roots_of("stages.partition"),
        code=code_of("stages.partition"),
    script:
        "../scripts/partition.py"

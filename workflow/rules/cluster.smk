# Methods that cluster the features alone.


rule cluster:
    input:
        features=features,
    output:
        model=LAYOUT.model(PROTOCOL, "{dataset}", "{method}", "{block}"),
        predictions=LAYOUT.predictions(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "cluster", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "cluster", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "cluster", "{dataset}", "{method}", "{block}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("cluster")),
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("cluster"),
        runtime=runtime("cluster"),
        cpus_per_task=EXPERIMENT.threads,
    params:
        settings=run_settings,
        code_roots=roots_of("stages.cluster"),
        code=code_of("stages.cluster"),
    script:
        "../scripts/cluster.py"

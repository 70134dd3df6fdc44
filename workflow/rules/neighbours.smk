# Nearest neighbours of all samples of a data set, shared by the methods that work on them and by all
# protocols. No labels among the inputs.


rule neighbours:
    input:
        features=features_of_subset,
    output:
        neighbours=LAYOUT.neighbours("{dataset}", "{subset}", "{method}"),
        record=update(LAYOUT.data_record("neighbours", "{dataset}", "{subset}", "{method}")),
    log:
        LAYOUT.data_log("neighbours", "{dataset}", "{subset}", "{method}"),
    benchmark:
        "data/benchmarks/neighbours/{dataset}/{subset}/{method}.tsv"
    wildcard_constraints:
        method=one_of(PLAN.methods_of("neighbours")),
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: EXPERIMENT.threads
    resources:
        mem_mb=mem_mb("neighbours"),
        runtime=runtime("neighbours"),
        cpus_per_task=EXPERIMENT.threads,
    params:
        settings=settings_of_neighbours,
        code_roots=roots_of("stages.neighbours"),
        code=code_of("stages.neighbours"),
    script:
        "../scripts/neighbours.py"

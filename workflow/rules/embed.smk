# A few samples in two dimensions, for figures. No labels among the inputs.


rule embed:
    input:
        unpack(embedded),
    output:
        embedding=LAYOUT.embedding(PROTOCOL, "{dataset}", "{method}", "{block}", "{samples}"),
        record=update(
            LAYOUT.record(PROTOCOL, "embed", "{dataset}", "{method}", "{block}", "{samples}")
        ),
    log:
        LAYOUT.log(PROTOCOL, "embed", "{dataset}", "{method}", "{block}", "{samples}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "embed", "{dataset}", "{method}", "{block}", "{samples}")
    wildcard_constraints:
        method=one_of(
            [
                *PLAN.methods_of("initialise"),
                *PLAN.methods_of("finetune"),
                *PLAN.methods_of("cluster"),
                FEATURES,
            ]
        ),
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=mem_mb("embed"),
        runtime=runtime("embed"),
        cpus_per_task=1,
    params:
        settings=embedding_settings,
        code_roots=roots_of("stages.embed"),
        code=code_of("stages.embed"),
    script:
        "../scripts/embed.py"

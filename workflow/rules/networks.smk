# What networks learnt, for figures. No labels among the inputs.


rule filters:
    input:
        unpack(network_behind),
    output:
        filters=LAYOUT.filters(PROTOCOL, "{dataset}", "{method}", "{block}", "{units}"),
        record=update(
            LAYOUT.record(PROTOCOL, "filters", "{dataset}", "{method}", "{block}", "{units}")
        ),
    log:
        LAYOUT.log(PROTOCOL, "filters", "{dataset}", "{method}", "{block}", "{units}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "filters", "{dataset}", "{method}", "{block}", "{units}")
    wildcard_constraints:
        method=one_of(PLAN.methods_of("pretrain")),
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=mem_mb("filters"),
        runtime=runtime("filters"),
        cpus_per_task=1,
    params:
        settings=settings_of_filters,
        code_roots=roots_of("stages.filters"),
        code=code_of("stages.filters"),
    script:
        "../scripts/filters.py"


rule activations:
    input:
        unpack(network_behind),
    output:
        activations=LAYOUT.activations(
            PROTOCOL, "{dataset}", "{method}", "{block}", "{samples}", "{largest}", "{bins}"
        ),
        record=update(
            LAYOUT.record(
                PROTOCOL,
                "activations",
                "{dataset}",
                "{method}",
                "{block}",
                "{samples}",
                "{largest}",
                "{bins}",
            )
        ),
    log:
        LAYOUT.log(
            PROTOCOL,
            "activations",
            "{dataset}",
            "{method}",
            "{block}",
            "{samples}",
            "{largest}",
            "{bins}",
        ),
    benchmark:
        LAYOUT.benchmark(
            PROTOCOL,
            "activations",
            "{dataset}",
            "{method}",
            "{block}",
            "{samples}",
            "{largest}",
            "{bins}",
        )
    wildcard_constraints:
        method=one_of(PLAN.methods_of("pretrain")),
    localrule: SHORT
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=mem_mb("activations"),
        runtime=runtime("activations"),
        cpus_per_task=1,
    params:
        settings=settings_of_activations,
        code_roots=roots_of("stages.activations"),
        code=code_of("stages.activations"),
    script:
        "../scripts/activations.py"

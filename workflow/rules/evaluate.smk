# Score label vectors against the true labels; the only rule that reads them.


rule evaluate:
    input:
        unpack(evaluated),
        labels=labels,
    output:
        metrics=LAYOUT.metrics(PROTOCOL, "{dataset}", "{method}", "{block}"),
        record=update(LAYOUT.record(PROTOCOL, "evaluate", "{dataset}", "{method}", "{block}")),
    log:
        LAYOUT.log(PROTOCOL, "evaluate", "{dataset}", "{method}", "{block}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "evaluate", "{dataset}", "{method}", "{block}")
    conda:
        ENVIRONMENT
    threads: 1
    params:
        code_roots=roots_of("stages.evaluate"),
        code=code_of("stages.evaluate"),
    script:
        "../scripts/evaluate.py"

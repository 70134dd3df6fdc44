# From scores to ledgers, tables, figures and the summary.


rule ledger:
    input:
        unpack(behind_ledger),
    output:
        ledger=LAYOUT.ledger(PROTOCOL, "{paper}"),
        record=update(LAYOUT.record(PROTOCOL, "ledger", "{paper}")),
    log:
        LAYOUT.log(PROTOCOL, "ledger", "{paper}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "ledger", "{paper}")
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=settings_with_others,
        code_roots=roots_of("report.results"),
        code=code_of("report.results"),
    script:
        "../scripts/ledger.py"


# A job of its own, since git does not have its product: Snakemake compares nothing of a job with
# an output that it has no notes on.
rule parquet:
    input:
        ledger=ledger_of_paper,
    output:
        parquet=LAYOUT.ledger(PROTOCOL, "{paper}", "parquet"),
        record=update(LAYOUT.record(PROTOCOL, "parquet", "{paper}")),
    log:
        LAYOUT.log(PROTOCOL, "parquet", "{paper}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "parquet", "{paper}")
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings={},
        code_roots=roots_of("provenance.parquet"),
        code=code_of("provenance.parquet"),
    script:
        "../scripts/parquet.py"


rule table:
    input:
        ledger=ledger_of_paper,
        templates=TEMPLATES,
    output:
        csv=LAYOUT.table(PROTOCOL, "{paper}", "{table}", "csv"),
        md=LAYOUT.table(PROTOCOL, "{paper}", "{table}", "md"),
        tex=LAYOUT.table(PROTOCOL, "{paper}", "{table}", "tex"),
        html=report(
            LAYOUT.table(PROTOCOL, "{paper}", "{table}", "html"),
            caption="../report/table.rst",
            category="{paper}",
            subcategory="Tables",
            labels={"table": "{table}"},
        ),
        record=update(LAYOUT.record(PROTOCOL, "table", "{paper}", "{table}")),
    log:
        LAYOUT.log(PROTOCOL, "table", "{paper}", "{table}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "table", "{paper}", "{table}")
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=settings_of_table,
        code_roots=roots_of("report.results"),
        code=code_of("report.results"),
    script:
        "../scripts/table.py"


rule figure:
    input:
        ledger=ledger_of_paper,
        drawn=drawn,
    output:
        png=LAYOUT.figure(PROTOCOL, "{paper}", "{figure}", "png"),
        svg=report(
            LAYOUT.figure(PROTOCOL, "{paper}", "{figure}", "svg"),
            caption="../report/figure.rst",
            category="{paper}",
            subcategory="Figures",
            labels={"figure": "{figure}"},
        ),
        record=update(LAYOUT.record(PROTOCOL, "figure", "{paper}", "{figure}")),
    log:
        LAYOUT.log(PROTOCOL, "figure", "{paper}", "{figure}"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "figure", "{paper}", "{figure}")
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=settings_with_others,
        code_roots=roots_of("report.results"),
        code=code_of("report.results"),
    script:
        "../scripts/figure.py"


rule summary:
    input:
        ledgers=PLAN.ledgers,
    output:
        summary=LAYOUT.summary(PROTOCOL),
        record=update(LAYOUT.record(PROTOCOL, "summary")),
    log:
        LAYOUT.log(PROTOCOL, "summary"),
    benchmark:
        LAYOUT.benchmark(PROTOCOL, "summary")
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=settings_of_summary,
        code_roots=roots_of("report.results"),
        code=code_of("report.results"),
    script:
        "../scripts/summary.py"

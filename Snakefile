# Every result table and figure of five papers; what to run of them stands in config/config.yaml.

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/pretrain.smk"
include: "workflow/rules/initialise.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/neighbours.smk"
include: "workflow/rules/partition.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/embed.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/results.smk"
include: "workflow/rules/handlers.smk"


rule all:
    default_target: True
    input:
        PLAN.records,
        PLAN.tables,
        PLAN.parquet,
        PLAN.figures,
        LAYOUT.summary(PROTOCOL),
    localrule: True


rule tables:
    input:
        PLAN.records,
        PLAN.tables,
        PLAN.parquet,
    localrule: True


rule figures:
    input:
        PLAN.records,
        PLAN.figures,
    localrule: True


rule data:
    input:
        raw_data(),
    localrule: True

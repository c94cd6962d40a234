"""Files for GPUs that nobody measured: what expectations are worth, and the catalogue of them."""


rule catalogue_openings:
    input:
        script="scripts/catalogue/openings.py",
        whole=complete("trials.parquet"),
        few=corpora("trials.parquet"),
        spaces=measured_spaces(),
        history=history(),
        shapes=rules.corpus_build.output.shapes,
        predictions=rules.sim_family_out.output.held_out,
    output:
        openings="results/tables/catalogue/openings.parquet",
    log:
        "logs/catalogue/openings.log",
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/catalogue/openings.py"),
        seed=lookup(within=config, dpath="sim/seed"),
    shell:
        "python -m {params.module} --whole {input.whole:q} --few {input.few:q}"
        " --spaces {input.spaces:q} --history {input.history:q} --shapes {input.shapes:q}"
        " --predictions {input.predictions:q} --seed {params.seed:q}"
        " --out {output.openings:q} 2> {log:q}"


rule catalogue_expected:
    input:
        script="scripts/catalogue/expected.py",
        openings=rules.catalogue_openings.output.openings,
        spec=LOCKED_SPEC,
    output:
        expected="results/tables/catalogue/expected.parquet",
    log:
        "logs/catalogue/expected.log",
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/catalogue/expected.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --openings {input.openings:q} --margin {params.margin:q}"
        " --out {output.expected:q} 2> {log:q}"


rule catalogue_build:
    input:
        script="scripts/catalogue/build.py",
        history=history(),
        sglang=source("mine", "sglang_history.parquet"),
        shapes=rules.corpus_build.output.shapes,
        models=lookup(within=config, dpath="corpus/models"),
        spaces=spaces(),
        trials=complete("trials.parquet"),
        tuned=tuned("tuned.json"),
        model=rules.sim_fit.output.model,
        expected=rules.catalogue_expected.output.expected,
    output:
        catalogue="results/tables/catalogue/catalogue.parquet",
        rows="results/tables/catalogue/catalogue_rows.parquet",
    log:
        "logs/catalogue/build.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/catalogue/build.py"),
        gpus=lookup(within=config, dpath="catalogue/gpus"),
        degrees=lookup(within=config, dpath="catalogue/degrees"),
        recorded=folders("trials"),
        folders=folders("spaces"),
    shell:
        "python -m {params.module} --gpus {params.gpus:q} --degrees {params.degrees}"
        " --recorded {params.recorded:q} --spaces {params.folders:q} --history {input.history:q}"
        " --shapes {input.shapes:q} --sim {input.model:q} --expected {input.expected:q}"
        " --out {output.catalogue:q} --out-rows {output.rows:q} 2> {log:q}"


rule catalogue_foreseen:
    input:
        script="scripts/catalogue/foreseen.py",
        history=history(),
        shapes=rules.corpus_build.output.shapes,
        spaces=spaces(),
        model=rules.sim_fit.output.model,
        trials=complete("trials.parquet"),
        held_out=[
            rules.sim_evaluate.output.held_out,
            rules.sim_family_out.output.held_out,
            rules.sim_gpu_out.output.held_out,
        ],
    output:
        rows="results/tables/catalogue/chosen_rows.parquet",
        places="results/tables/catalogue/chosen_places.parquet",
        parts="results/tables/catalogue/chosen_parts.parquet",
    log:
        "logs/catalogue/foreseen.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/catalogue/foreseen.py"),
        rows=lookup(within=config, dpath="catalogue/foreseen/rows"),
        configs=lookup(within=config, dpath="catalogue/foreseen/configs"),
        sample=lookup(within=config, dpath="catalogue/foreseen/sample"),
        folder=subpath(output.rows, parent=True),
    shell:
        "python -m {params.module} --history {input.history:q} --shapes {input.shapes:q}"
        " --spaces {input.spaces:q} --model {input.model:q} --trials {input.trials:q}"
        " --held-out {input.held_out:q} --rows {params.rows} --configs {params.configs}"
        " --sample {params.sample} --processes {threads} --out {params.folder:q} 2> {log:q}"


rule catalogue:
    input:
        results_of("catalogue"),

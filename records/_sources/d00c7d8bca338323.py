from benchmarks.figures import recorded, table
from mkdocs_dlplugin import run

figures = recorded()
print(table(figures))
aimed = [figure.verdict for figure in figures if figure.target is not None]
run.summary["targets"] = len(aimed)
run.summary["met"] = aimed.count("met")
run.summary["missed"] = aimed.count("missed")
from mkdocs_dlplugin import run
from examples.tables import describe

describe(run)
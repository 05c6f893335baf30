from mkdocs_dlplugin import run
from examples.recommend import train_factors

train_factors(run)
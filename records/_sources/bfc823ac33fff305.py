from mkdocs_dlplugin import run
from examples.memory import train_rnn

train_rnn(run)
"""Examples: the training code behind the measured pages, importable from the folder of `mkdocs.yml`."""

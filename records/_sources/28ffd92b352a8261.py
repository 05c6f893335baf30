"""Benchmarks: how long builds take, against peers, in one run on one machine; published by docs/plugin/speed.md."""

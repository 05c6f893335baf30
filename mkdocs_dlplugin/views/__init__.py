"""Views: one module per block that shows what was measured."""

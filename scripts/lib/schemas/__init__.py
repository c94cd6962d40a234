"""Schemas of all tables, one module per phase that writes them."""

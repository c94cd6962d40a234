"""Words shared by all phases: configs, shapes, devices, outcomes, tables, provenance."""

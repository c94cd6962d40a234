"""From the ledgers of sweeps to the measured tables."""

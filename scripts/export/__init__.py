"""Export: recorded measurements and chosen configs in the formats that other tools read."""

"""What CONTRIBUTING.md says of adding things, done in a copy."""

"""Mining the public history of tuned config files into one table."""

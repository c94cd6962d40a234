"""What configs are worth to who serves: by the engine, and by a replay of the record."""

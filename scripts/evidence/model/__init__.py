"""A small model that can do something: trained here, served by the engine, asked questions."""

"""The REST contract over real processes: what a client can know is the OpenAPI document and its key."""

"""Forms of the decisions app: shape and wording of what people type."""

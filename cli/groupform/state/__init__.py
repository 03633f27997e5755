"""What is bound to what: one document per deployment and environment, one module a backend."""

"""A resolved project to resources and claims, deployment by deployment. Knows the language, and no platform."""

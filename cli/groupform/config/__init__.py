"""Text to data with positions, to validated documents, to a resolved project. Nothing here knows a platform."""

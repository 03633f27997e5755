"""Matrix: spaces and rooms over the client-server API. README.md says what each edit does to the people inside."""

from groupform.providers.matrix.provider import MatrixProvider

provider = MatrixProvider()

__all__ = ["MatrixProvider", "provider"]

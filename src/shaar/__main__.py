"""`python -m shaar` is the shaar command."""

from shaar.cli import main

main()

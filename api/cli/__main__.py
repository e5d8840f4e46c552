"""python -m api.cli: the same as the command `hotline`."""

from api.cli.main import main

main()

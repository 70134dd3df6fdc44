"""How processes of the project call the command ``clustrace``, whatever is on the path."""

import sys

COMMAND = (sys.executable, "-c", "from clustrace.cli.main import main; main()")

#!/bin/sh
# Name the first missing piece of what `make env` needs, in one sentence.
python=${1:-python3}
missing() { echo "Error: $1" >&2; exit 1; }
command -v git >/dev/null || missing "git is not installed; install it (Debian: apt-get install git) and call make again."
command -v "$python" >/dev/null || missing "$python is not installed; install Python 3.11 or newer (Debian: apt-get install python3 python3-venv) and call make again."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || missing "$python is $("$python" -V 2>&1 | cut -d' ' -f2), but 3.11 or newer is needed; name another one, as in make env PYTHON=python3.12."
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing "$python lacks its venv module; install it (Debian: apt-get install python3-venv) and call make again."

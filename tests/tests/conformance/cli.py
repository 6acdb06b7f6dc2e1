"""Runs commands of scim2-cli in one process, so that Python starts once.

In: a line of JSON per command, {"arguments": [...], "input": "..."}. Out: a line of JSON
per command, {"code": 0, "stdout": "...", "stderr": "..."}.
"""

import json
import sys
import traceback

from click.testing import CliRunner
from scim2_cli import cli

for line in sys.stdin:
    command = json.loads(line)
    result = CliRunner().invoke(cli, command["arguments"], input=command["input"])
    stderr = result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        stderr += "".join(traceback.format_exception(result.exception))
    answer = {"code": result.exit_code, "stdout": result.stdout, "stderr": stderr}
    print(json.dumps(answer), flush=True)

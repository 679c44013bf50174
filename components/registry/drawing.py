"""Draws from a registered version with nothing but the code that it carries: run as a file, never imported.

Its argument is the folder of the version. It says a line of JSON once it has loaded it, then answers each line of JSON
on its standard input, the parameters of ``predict``, by a line of JSON: of texts, or of the shape and type of an array
whose bytes follow, or of what is wrong. It ends when its input does.
"""

import json
import os
import sys
from typing import Any, BinaryIO

import mlflow
import numpy as np
from mlflow.exceptions import MlflowException


def main() -> None:
    """Load and answer. What libraries print goes to standard error, for standard output is for answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    model = mlflow.pyfunc.load_model(sys.argv[1])
    reply(answers, {"loaded": True})
    for line in sys.stdin:
        try:
            drawn = model.predict({}, params=json.loads(line))
        except MlflowException as error:
            refused = error.get_http_status_code() < 500
            reply(answers, {"refused" if refused else "failed": error.message})
        except Exception as error:
            reply(answers, {"failed": f"{type(error).__name__}: {error}"})
        else:
            if isinstance(drawn, np.ndarray):
                reply(answers, {"shape": drawn.shape, "dtype": str(drawn.dtype)}, np.ascontiguousarray(drawn).tobytes())
            else:
                reply(answers, {"texts": list(drawn)})


def reply(answers: BinaryIO, head: dict[str, Any], content: bytes = b"") -> None:
    """Send a line of JSON, and the bytes that it announces."""
    answers.write(json.dumps(head).encode() + b"\n" + content)
    answers.flush()


if __name__ == "__main__":
    main()

"""Mount a directory as EFS: `python -m benchmarks.simulator --help`."""

import sys

from .efs import main

sys.exit(main())

"""`python -m efs_inference.image NAME:TAG`."""

import sys

from . import main

sys.exit(main())

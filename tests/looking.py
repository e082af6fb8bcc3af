"""``python -m tests.looking serve …``: the real program, which looks who is there each second instead of every two
minutes."""

import sys
from datetime import timedelta

from app import main
from schedules import jobs

if __name__ == "__main__":
    jobs.LOOK_AROUND_EVERY = timedelta(seconds=1)
    sys.exit(main(sys.argv[1:]))

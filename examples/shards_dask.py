"""Count a byte string in a large file with a Dask cluster of processes, each mapping its own part.

    python examples/shards_dask.py FILE PATTERN [WORKERS]

Nothing is sent to the workers but a path, an offset and a length. Needs `pip install zcio[dask]`.
"""

import os
import sys

from zcio.mmap import open_path
from zcio.search import shards


def count_part(path, offset, length, pattern):
    """Count ``pattern`` in one part; a worker runs this."""
    with open_path(path, offset=offset, length=length) as part:
        return part.count(pattern)


def main(path, pattern, workers):
    """Count on a local cluster and print the total."""
    from distributed import Client, LocalCluster

    parts = shards(path, workers * 4)
    if not parts:
        print("0 in an empty file")
        return
    with LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            counts = client.map(count_part, *zip(*[(path, offset, length, pattern) for offset, length in parts]))
            print("%d in %d parts" % (sum(client.gather(counts)), len(parts)))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]), os.fsencode(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 2)

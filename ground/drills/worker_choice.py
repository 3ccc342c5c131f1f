"""Which workers a campaign has: processes of this machine, or a cluster."""

from ground.drills.cluster import ClusterWorkers
from ground.drills.workers import LocalWorkers, Workers


def workers_of(count: int, cluster: str | None) -> Workers:
    """Workers of this machine, or of a cluster; raises ConfigurationError."""
    return LocalWorkers(count) if cluster is None else ClusterWorkers(cluster)

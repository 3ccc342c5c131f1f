"""How many files a process may have open: asked before the work begins."""

import resource

from flight.configuration.files import ConfigurationError


def need_descriptors(count: int) -> None:
    """Lets this process open so many files; raises ConfigurationError where it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or soft >= count:
        return
    if hard != unlimited and hard < count:
        raise ConfigurationError(
            "command line", None, "",
            f"this process may open {hard} files (`ulimit -Hn`): allowed are {count} or more",
        )  # fmt: skip
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))

"""What a soak has to hold, each as a function of what was seen. Each gives what is wrong; nothing, if all is well."""

import statistics

# What a quarter may have more than the first: a part of it, and so much besides.
GROWTH = {"RSS (KiB)": (0.25, 32 * 1024), "descriptors": (0.25, 48)}


def lost(kind, acknowledged, found):
    """Acknowledged things that aren't there."""
    missing = sorted(map(str, set(acknowledged) - set(found)))
    return [f"{len(missing)} acknowledged {kind} lost: {missing[:5]}"] if missing else []


def undone(kind, removed, found):
    """Things whose removal was acknowledged and that are there."""
    back = sorted(map(str, set(removed) & set(found)))
    return [f"{len(back)} removed {kind} are back: {back[:5]}"] if back else []


def same(what, acknowledged, found):
    return [] if acknowledged == found else [f"{what}: {acknowledged!r} was acknowledged, {found!r} is there"]


def limited(counts):
    """Answers 429 of the emulated platform, by its own count."""
    if counts["admitted"] == 0:
        return ["the platform was never called"]
    return [f"{number} x 429 by the {limit}'s limit" for limit, number in counts["limited"].items() if number]


def median(samples):
    return statistics.median(samples) if samples else 0


def quarters(samples):
    """Medians of the first and the last quarter."""
    quarter = max(len(samples) // 4, 1)
    return median(samples[:quarter]), median(samples[-quarter:])


def flat(what, samples):
    if len(samples) < 8:
        return [f"{what}: {len(samples)} samples are too few"]
    first, last = quarters(samples)
    part, more = GROWTH[what]
    return [] if last <= first * (1 + part) + more else [f"{what}: {first:.0f} at first, {last:.0f} at last"]


def quiet(log):
    """Panics in the service's log."""
    panics = [line for line in log.splitlines() if "panicked at" in line or "stack overflow" in line]
    return [f"{len(panics)} panics, the first: {panics[0][:200]}"] if panics else []


def back_in_time(restarts, bound):
    """Seconds from each restart to the first answers."""
    late = [f"{seconds:.1f}" for seconds in restarts if seconds > bound]
    return [f"answered later than {bound} s after a restart: {', '.join(late)} s"] if late else []


def at_work(done, wanted):
    """Each kind of work that a soak is made of was done."""
    idle = sorted(kind for kind in wanted if not done.get(kind))
    return [f"never done: {', '.join(idle)}"] if idle else []

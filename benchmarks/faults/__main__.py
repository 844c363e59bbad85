"""Faults caused for real, each seen by visitors of the real page in Chromium.

python -m benchmarks.faults                       all of them, half an hour on two busy cores
python -m benchmarks.faults killed network-cut    some
python -m benchmarks.faults --json

Each starts servers of its own. Prints what the visitor saw, what was lost and how the page recovered. Exits
with status 1 if anything went wrong, such as a traceback, or the loss of another visitor's photo.
"""

import argparse
import json
import sys
from dataclasses import asdict

from benchmarks.browser import find_browser, opened_browser
from benchmarks.faults import model, outside, poor_machine, server, strangers
from benchmarks.faults.trial import as_table

FAULTS = {
    "model-missing": model.missing,
    "model-lost-early": model.missing_between,
    "model-damaged": model.damaged,
    "disk-full": outside.disk_full,
    "killed": server.killed,
    "network-cut": outside.network_cut,
    "network-stalls": outside.network_stalls,
    "decoder-hangs": outside.decoder_hangs,
    "memory": server.short_of_memory,
    "memory-killed": server.killed_for_memory,
    "read-only": poor_machine.read_only_disk,
    "few-files": poor_machine.few_files,
    "no-assertions": poor_machine.without_assertions,
    "clock-jumps": poor_machine.clock_jumps,
    "links": strangers.links,
    "picture-address": strangers.picture_address,
}


def main() -> None:
    """Cause the faults that were asked for, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.names) - set(FAULTS):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}. There are {', '.join(FAULTS)}.")
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    trials = []
    with opened_browser(executable) as browser:
        for name in options.names or FAULTS:
            trials.append(FAULTS[name](browser))
            for context in browser.contexts:  # a page whose server is gone asks for it again and again
                context.close()
            print(f"{name}: {'; '.join(trials[-1].wrong) or 'as it must be'}", file=sys.stderr, flush=True)
    print(json.dumps([asdict(trial) for trial in trials], indent=2) if options.json else as_table(trials))
    sys.exit(any(trial.wrong for trial in trials))


if __name__ == "__main__":
    main()

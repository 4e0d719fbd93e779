"""What this project costs and saves, measured: `python -m benchmarks PART`.

How it is measured comes first, then what is measured; a room imports only those before it:

    simulator   an EFS on this machine            material     releases to measure on
    harness     runs, rounds, raw results         report       tables and plots of them
    publishing  onto a file system                cold_starts  from it, and first answers

`policies` measures the policy packs. `results/` has the raw results of docs/performance.md.
"""

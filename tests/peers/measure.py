"""Measures each server under each load, and writes results.json. See README.md."""

import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

from peers import Bugsink, Faultline, Stackpit

HERE = pathlib.Path(__file__).parent
RUNS = int(os.environ.get("RUNS", 2))
LOADS = [(workload, connections) for workload in ("like", "different") for connections in (8, 64)]
# Bounds of one measurement. A server that is slower than 1,300 events a second gets as many as it takes in 30 seconds.
EVENTS, SECONDS = 40_000, 30


def bench(faultline, server, workload, connections):
    command = [faultline, "bench", "--json", "--dsn", server.dsn, "--workload", workload, "--connections", connections,
               "--events", EVENTS, "--seconds", SECONDS]
    for pid in server.pids():
        command += ["--pid", pid]
    answer = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(f"faultline bench failed for {server.name}")
    return json.loads(answer.stdout)


def main():
    faultline, bugsink, stackpit = sys.argv[1:]
    faultline = str(pathlib.Path(faultline).resolve())
    peers = [(Faultline, faultline), (Bugsink, pathlib.Path(bugsink))]
    if stackpit:
        peers.insert(1, (Stackpit, str(pathlib.Path(stackpit).resolve())))
    rows, versions = [], {}
    for run in range(RUNS):
        for workload, connections in LOADS:
            for peer, tool in peers:
                with tempfile.TemporaryDirectory(prefix="peers-") as directory:
                    with peer(pathlib.Path(directory), tool) as server:
                        versions[server.name] = server.version()
                        report = bench(faultline, server, workload, connections)
                row = {
                    "server": server.name,
                    "workload": workload,
                    "connections": connections,
                    "run": run + 1,
                    "accepted": report["accepted"],
                    "refused": sum(report["refused"].values()) + sum(report["failed"].values()),
                    "stored_per_second": round(report.get("workedOffPerSecond", 0)) or None,
                    "p50_ms": round(report["answeredIn"]["p50"], 1),
                    "p99_ms": round(report["answeredIn"]["p99"], 1),
                    "cpu_micros_per_event": round(report["cpuMicrosPerEvent"]),
                    "peak_memory_mb": round(report["peakMemoryBytes"] / 1e6),
                }
                print(row, flush=True)
                rows.append(row)
    machine = {"cores": os.cpu_count(), "system": platform.system(), "day": subprocess.check_output(
        ["date", "-u", "+%F"], text=True).strip()}
    text = json.dumps({"machine": machine, "versions": versions, "bytes": 3_000}, indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    (HERE / "results.json").write_text(f'{text},\n "rows": [\n  {lines}\n ]\n}}\n')


main()

#!/bin/sh
# The plain way, for work that takes less than a second and a half each time: `gate.sh COMMAND …` runs COMMAND again and
# again, for as long as this pod leads, and prints "open TOKEN" before and "closed" after it. docs/leader-contract.md says
# why: each question is a promise of two seconds at most, which nobody can give back. So ask seldom. Linux alone, for its
# /proc/uptime: a clock that counts suspend (G4), and that a shell reads without starting a program.
set -u
url=${LEADER_URL:-http://127.0.0.1:4040}
every=${EVERY_SECONDS:-5}
sleeping=
trap '[ -z "$sleeping" ] || kill "$sleeping"; exit 0' TERM INT
if [ $# -eq 0 ]; then
  echo "usage: [LEADER_URL=$url] [EVERY_SECONDS=$every] $0 COMMAND [ARGUMENT …]" >&2
  exit 2
fi
now() { # in ms since the machine started, in steps of ten
  read -r uptime _ </proc/uptime
  now=$((${uptime%.*} * 1000 + 1${uptime#*.}0 - 1000))
}
while :; do
  now
  asked=$now
  if answer=$(curl -sf --max-time 0.5 "$url/leader/held${POD_NAME:+?pod=$POD_NAME}"); then
    for_ms=$(printf %s "$answer" | sed -n 's/.*"validForMs": *\([0-9]*\).*/\1/p')
    FENCING_TOKEN=$(printf %s "$answer" | sed -n 's/.*"fencingToken": *"\([0-9]*\)".*/\1/p')
    export FENCING_TOKEN
    now
    # The promise counts from before the question (G3): whatever was run since has eaten of it, and `timeout` takes a moment to
    # start.
    left_ms=$((${for_ms:-0} - (now - asked) - 100))
    if [ "$left_ms" -gt 0 ]; then
      echo "open ${FENCING_TOKEN:--}"
      # Killed, not asked to end: when the promise is over, so is the work.
      timeout -s KILL "$((left_ms / 1000)).$(printf %03d $((left_ms % 1000)))" "$@"
      echo "closed"
    fi
  fi
  # Waited for, so that a signal does not have to wait.
  sleep "$every" &
  sleeping=$!
  wait "$sleeping"
  sleeping=
done

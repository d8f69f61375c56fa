# What the scripts of this folder share; each of them sources it first.
set -euo pipefail
unset CDPATH
cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

root=$PWD
python=$root/.deps/venv/bin/python
started=${EPOCHREALTIME/,/.}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# fail MESSAGE [HINT...]: what is wrong, then what to do about it.
fail() {
  say "error: $1"
  shift
  local hint
  for hint; do printf '  %s\n' "$hint" >&2; done
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# seconds_since START: with one decimal, START being an earlier $EPOCHREALTIME.
seconds_since() {
  awk -v from="${1/,/.}" -v to="${EPOCHREALTIME/,/.}" 'BEGIN { printf "%.1f", to - from }'
}

# Read by ./sluice and ./run-tests (with `.`), after `root` is set to the project's folder. Sets `node` to a Node.js
# that runs TypeScript as it is (24 or newer) and puts it first in PATH. Brings the libraries on a fresh clone.

say() { printf '%s\n' "sluice: $*" >&2; }

fail() {
  say "$1"
  printf '  fix: %s\n' "$2" >&2
  exit 6
}

# node_major PROGRAM: its major version, 0 when it does not run.
node_major() {
  "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0
}

# A copy of the lock file marks what was installed; without it the times of npm's own marker decide.
modules_are_current() {
  [ -f "$root/node_modules/.package-lock.json" ] || return 1
  cmp -s "$root/package-lock.json" "$root/node_modules/.installed-lock.json" && return 0
  [ ! "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]
}

npm_ci() {
  (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2) ||
    fail 'npm ci failed.' "look at the message above, then run: npm ci --ignore-scripts (in the project's folder)"
}

# The Node.js that the npm packages bring; empty where there is none for this machine.
brought_node() {
  for program in "$root"/node_modules/node-linux-*/bin/node; do
    [ ! -x "$program" ] || printf '%s' "$program"
  done
}

install_modules() {
  command -v npm >/dev/null 2>&1 && [ "$(node_major node)" -ge 18 ] ||
    fail 'Node.js 18 or newer with npm is needed to fetch the libraries.' 'apt-get install nodejs npm'
  say 'installing the libraries of package-lock.json into node_modules (npm ci) ...'
  npm_ci
  # An older Node.js makes npm leave out optional packages that ask for a newer one: again, with the one it brought.
  if [ "$(node_major node)" -lt 24 ] && [ -n "$(brought_node)" ]; then
    mkdir -p "$root/.tools"
    ln -f "$(brought_node)" "$root/.tools/node" || cp "$(brought_node)" "$root/.tools/node"
    (PATH=$root/.tools:$PATH NODE_OPTIONS=--no-deprecation && export PATH NODE_OPTIONS && npm_ci)
    # npm 9 makes no link for a program that is called node.
    ln -sf "$(brought_node)" "$root/node_modules/.bin/node"
    rm -rf "$root/.tools"
  fi
  cp "$root/package-lock.json" "$root/node_modules/.installed-lock.json"
  say 'libraries installed.'
}

# What was found out at the last start stays true while these files are the same ones (inode, size, time of change).
seen_by() {
  stat -L -c '%n %i %s %Z' "$root/package-lock.json" "$root/node_modules/.package-lock.json" "$@" 2>/dev/null
}

# Sets `node` to what the last start found, where nothing changed since: no Node.js is started to ask for its version.
recall_node() {
  [ -r "$mark" ] || return 1
  recalled='' lines=''
  while IFS= read -r line; do
    if [ -z "$recalled" ]; then recalled=$line; else lines=$lines$line'
'; fi
  done <"$mark"
  [ -n "$lines" ] && [ "$(seen_by "$system_node" "$recalled")" = "${lines%?}" ] || return 1
  node=$recalled
}

# The program itself, not a wrapper that may choose another one tomorrow. Where nothing can be kept, every start looks.
remember_node() {
  node=$("$node" -p process.execPath)
  [ -w "$root/node_modules" ] && mkdir -p "${mark%/*}" 2>/dev/null || return 0
  { printf '%s\n' "$node" && seen_by "$system_node" "$node"; } >"$mark.$$" && mv "$mark.$$" "$mark" || rm -f "$mark.$$"
}

find_node() {
  modules_are_current || install_modules
  node=$system_node
  [ "$(node_major "$node")" -ge 24 ] || node=$(brought_node)
  [ "$(node_major "$node")" -ge 24 ] ||
    fail 'Node.js 24 or newer is needed, and no npm package brings it for this machine.' 'install Node.js 24'
  remember_node
}

mark=$root/node_modules/.cache/sluice/node
system_node=$(command -v node 2>/dev/null || echo node)
recall_node || find_node
PATH=${node%/*}:$root/node_modules/.bin:$PATH
export PATH

# Read by ./sluice (with `.`), after node.sh. Sets `program` to what Node.js starts: the sources put together into a few
# files (docs/decisions/0010-program-put-together.md), or, where that cannot be made or kept, the sources as they are.
# Sets `compiled` to the folder that keeps compiled code between starts; empty where nothing can be kept.

# Of the files that go into it; another file, size or time of change makes another program.
name_of_sources() {
  listing=$(find "$root/src" "$root/scripts/bundle.ts" "$root/package.json" "$root/package-lock.json" "$node" \
    -printf '%p %i %s %C@\n' 2>/dev/null) && [ -n "$listing" ] || return 1
  printf '%s' "$listing" | sha256sum
}

# A folder without a program says that none can be made of these sources: it is not tried again.
put_together() {
  [ -w "$root/node_modules" ] && [ -d "$root/node_modules/rolldown" ] && mkdir -p "$kept" 2>/dev/null || return 0
  making=$kept/making-$$
  "$node" "$root/scripts/bundle.ts" "$making" >/dev/null 2>&1 || { rm -rf "$making" && mkdir "$making"; }
  if [ -d "$together" ]; then rm -rf "$making"; else mv "$making" "$together"; fi
  # A controller that still runs an older one may load more of it.
  ls -dt "$kept"/*/ | tail -n +5 | while IFS= read -r old; do rm -rf "$old"; done
}

kept=$root/node_modules/.cache/sluice/programs
program=$root/src/cli/main.ts
compiled=$root/node_modules/.cache/sluice
if name=$(name_of_sources); then
  together=$kept/${name%% *}
  [ -d "$together" ] || put_together
  [ ! -f "$together/main.mjs" ] || program=$together/main.mjs compiled=$together/compiled
fi
[ -w "$root/node_modules" ] || compiled=''

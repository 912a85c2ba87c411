// What runs in the pod, for any POSIX sh (bash, dash, BusyBox), with tcpdump and the usual small programs. Nothing of a user's is ever part of
// a script: values come as positional arguments or as lines of a file.
//
// In the container, below ${TMPDIR:-/tmp}/hopscope:
//
//   lease            the last heartbeat: a number that changes
//   ID/argv          the command of capture ID, one argument a line; written last, so that its presence starts the capture
//   ID/limits        "SECONDS SEGMENTS LEASE"
//   ID/seg ID/seg1.. what tcpdump -C writes, in turn; each a capture file of its own
//   ID/sum.N         "HS1 D N 0 SIZE SHA256 1": what is said before segment N when it is sent whole; there once tcpdump has left it
//   ID/first         the oldest segment that is still there, when some were given up
//   ID/lost          those that were, one a line: "N SIZE"
//   ID/stop          says: stop
//   ID/err ID/code   tcpdump's words, and its exit code: the capture has ended, all sums are there

/** Without comments and indents: scripts travel in URLs, whose length proxies limit. */
const compact = (text: string) => text.replaceAll(/^\s*(#.*)?\n/gm, '').replaceAll(/^ +/gm, '')

const PRELUDE = `
umask 077
export LC_ALL=C
home=\${TMPDIR:-/tmp}/hopscope
seg() { if [ "$1" = 0 ]; then file=seg; else file=seg$1; fi; }
put() { cat > "$1.new" && mv "$1.new" "$1"; }
# Seconds by a clock that nobody sets: the node's is, and then captures would end early or never.
# Where the node's can't be read, the sleeps of a fifth of a second are counted: late rather than never.
now=0 fifths=0
tick() {
  if { read -r up _ < /proc/uptime; } 2> /dev/null; then now=\${up%.*}
  else
    fifths=$((fifths + 1))
    now=$((now + fifths % 5 / 4))
  fi
}
`

/**
 * The container's first process; arguments: seconds without a heartbeat until capturing stops, until the container ends, and its whole life.
 * Captures are its children, not those of an exec: what ends an exec (a cut, a restarted kubelet) does not end them, and what ends this
 * ends them all, by the kernel.
 */
export const SUPERVISOR = compact(`${PRELUDE}
keep=$2 life=$3
trap 'exit 0' TERM
mkdir -p "$home" || exit 1
[ -e "$home/lease" ] || echo 0 > "$home/lease"
echo $$ > "$home/supervisor"

# Digests of the segments that tcpdump has left: all below $1. One that fails (memory, disk) is tried again at the next turn.
digest() {
  while [ "$next" -lt "$1" ]; do
    seg "$next"
    if [ -e "$file" ]; then
      sum=$(sha256sum < "$file") && size=$(stat -c %s "$file") || return 1
      echo "HS1 D $next 0 $size \${sum%% *} 1" | put "sum.$next" || return 1
    fi
    next=$((next + 1))
  done
}

latest() {
  seg $((newest + 1))
  while [ -e "$file" ]; do
    newest=$((newest + 1))
    seg $((newest + 1))
  done
}

capture() {
  cd "$1" || return
  set --
  while IFS= read -r line; do set -- "$@" "$line"; done < argv
  read -r seconds segments lease < limits
  "$@" < /dev/null > out 2> err &
  pid=$!
  echo "$pid" > pid
  tick
  next=0 oldest=0 newest=0 told='' said='' first='' silent=$now start=$now report=$now
  while kill -0 "$pid" 2> /dev/null; do
    sleep 0.2
    tick
    # The time runs from when tcpdump listens, not from when it is started.
    [ -n "$first" ] || { [ -e seg ] && first=$now || start=$now; }
    latest
    digest "$newest"
    seg "$oldest"
    while [ ! -e "$file" ] && [ "$oldest" -lt "$newest" ]; do
      oldest=$((oldest + 1))
      seg "$oldest"
    done
    while [ $((newest - oldest)) -ge "$segments" ]; do
      read -r _ _ _ _ size _ < "sum.$oldest" && echo "$oldest $size" >> lost
      seg "$oldest"
      old=$oldest oldest=$((oldest + 1))
      echo "$oldest" | put first
      rm -f "$file" "sum.$old"
    done
    read -r beat < "$home/lease"
    if [ "$beat" != "$said" ]; then said=$beat silent=$now; fi
    why=''
    if [ -e stop ]; then why=asked
    elif [ $((now - start)) -gt "$seconds" ]; then why=duration
    elif [ $((now - silent)) -ge "$lease" ]; then why=lease
    fi
    if [ -n "$why" ]; then
      if [ -z "$told" ]; then
        told=$now
        echo "$why" > why
        kill -TERM "$pid" 2> /dev/null
      elif [ $((now - told)) -ge 5 ]; then kill -KILL "$pid" 2> /dev/null
      fi
    elif [ $((now - report)) -ge 2 ]; then
      report=$now
      kill -USR1 "$pid" 2> /dev/null
    fi
  done
  wait "$pid"
  code=$?
  latest
  tries=0
  until digest $((newest + 1)) || [ "$tries" -ge 50 ]; do
    sleep 0.2
    tries=$((tries + 1))
  done
  echo "$code $((newest + 1))" | put code
}

tick
start=$now heard=$now said=''
while :; do
  sleep 0.2
  tick
  read -r beat < "$home/lease"
  if [ "$beat" != "$said" ]; then said=$beat heard=$now; fi
  [ $((now - heard)) -ge "$keep" ] && exit 0
  [ $((now - start)) -ge "$life" ] && exit 0
  for argv in "$home"/*/argv; do
    job=\${argv%/argv}
    [ -e "$argv" ] && mkdir "$job/begun" 2> /dev/null || continue
    capture "$job" &
  done
done
`)

const ONE_BEAT = `
tick
echo "$now $$" > "$home/lease"`

/** A heartbeat without a capture. Says "waits". */
export const BEAT = compact(`${PRELUDE}${ONE_BEAT} && echo waits
`)

/** Arguments: id, seconds, segments, lease, then the command. Says "ready"; starting what is started already changes nothing. */
export const START = compact(`${PRELUDE}
job=$home/$1${ONE_BEAT} || exit 1
mkdir -p "$job"
if [ ! -e "$job/argv" ]; then
  echo "$2 $3 $4" | put "$job/limits"
  shift 4
  printf '%s\\n' "$@" | put "$job/argv"
fi
echo ready
`)

/** Arguments: id. */
export const STOP = compact(`${PRELUDE}
[ -d "$home/$1" ] && : > "$home/$1/stop"
echo stopping
`)

/**
 * Sends a capture from a segment and offset on, in frames, until it has ended; arguments: id, segment, offset, most bytes a frame where
 * the connection is fast, 1 when other points wait for this one, and the segment before which all is safe.
 *
 *   HS1 D SEGMENT OFFSET LENGTH SHA256 END   then LENGTH bytes; END is 1 when the segment ends with them
 *   HS1 E SEGMENT SIZE SHA256                the segment's end, where its last bytes were sent before that was known
 *   HS1 G SEGMENT LOST                       the next is SEGMENT: those between the last and it are lost, LOST bytes in all
 *   HS1 L BYTES                              capturing ends: so many bytes from here on are there by now
 *   HS1 S NEWEST LENGTH                      nothing new; then LENGTH bytes: tcpdump's last counts
 *   HS1 W TIME                               nothing new up to TIME since 1970, in seconds, micro- or nanoseconds; where others wait
 *   HS1 F CODE SEGMENTS LENGTH WHY           the end; then LENGTH bytes: tcpdump's words
 *
 * On stdin: "b N" a heartbeat, "a N" segment N is safe and can go, "s" stop the capture, "q" all is safe: its files go. When stdin ends, this
 * ends.
 */
export const PULL = compact(`${PRELUDE}
job=$home/$1 at=$2 off=$3 limit=$4 awaited=$5 safe=$6
cd "$job" 2> /dev/null || { echo 'HS1 X no such capture'; exit 3; }
id=$1
# Numbers are given out again, and in a pod that sees the processes of its node those of anybody: a puller has the id among its arguments.
pulls() { { tr '\\0' '\\n' < "/proc/$1/cmdline"; } 2> /dev/null | grep -qx -- "$id"; }
[ -e puller ] && read -r before < puller && pulls "$before" && kill "$before"
echo $$ > puller
exec 3<&0
for sum in sum.*; do
  n=\${sum#sum.}
  case $n in *[!0-9]*) ;; *) if [ "$n" -lt "$safe" ]; then seg "$n"; rm -f "$file" "$sum"; fi ;; esac
done
{
  while read -r word value; do
    case $word in
      b) echo "$value" > "$home/lease" ;;
      a) seg "$value"; rm -f "$file" "sum.$value" ;;
      s) : > stop ;;
      q) cd /; rm -rf "$job"; break ;;
    esac
  done
  pulls $$ && kill $$
} <&3 &
clock() {
  now=\${EPOCHREALTIME:-}
  case $now in
    *.*) now=\${now%.*}\${now#*.} ;;
    # Without nanoseconds, as with BusyBox, a letter or nothing follows the seconds.
    *) now=$(date +%s%N); now=\${now%%[!0-9]*} ;;
  esac
}
# A frame that is cut is sent again: at first they are small, and where one takes long so is the next.
most=65536
pace() {
  tick
  if [ $((now - began)) -ge $((3 * $1)) ]; then
    [ "$most" -le 16384 ] || most=$((most / 2))
  else most=$((most * 2))
  fi
  [ "$most" -le "$limit" ] || most=$limit
}
tell_left() {
  set --
  n=$at
  seg "$n"
  while [ -e "$file" ]; do
    set -- "$@" "$file"
    n=$((n + 1))
    seg "$n"
  done
  left=0
  [ $# = 0 ] || for size in $(stat -c %s "$@"); do left=$((left + size)); done
  [ "$left" -lt "$off" ] || echo "HS1 L $((left - off))"
}
idle=0
while :; do
  [ ! -e why ] && [ ! -e code ] || tell_left
  seg "$at"
  # Before it is looked at: what comes later is not meant.
  [ "$awaited" = 1 ] && [ "$idle" -gt 0 ] && clock
  if [ -e first ]; then
    read -r oldest < first
    if [ "$at" -lt "$oldest" ]; then
      lost=0
      while read -r n size; do
        [ "$n" -ge "$at" ] && [ "$n" -lt "$oldest" ] && lost=$((lost + size))
      done < lost
      echo "HS1 G $oldest $lost"
      at=$oldest off=0
      continue
    fi
  fi
  if [ -e "sum.$at" ]; then
    read -r _ _ _ _ size sum _ < "sum.$at"
    if [ "$off" = 0 ] && [ "$size" -le "$most" ]; then
      # A backlog goes out in one go: starting a program for each segment would take longer than sending it.
      set --
      while [ -e "sum.$at" ] && [ $# -lt 16 ]; do
        seg "$at"
        set -- "$@" "sum.$at" "$file"
        at=$((at + 1))
      done
      tick
      began=$now
      cat "$@"
      pace $(($# / 2))
      idle=0
      continue
    fi
    if [ "$off" -ge "$size" ]; then
      echo "HS1 E $at $size $sum"
      at=$((at + 1)) off=0 idle=0
      continue
    fi
  elif [ -e code ]; then
    if [ ! -e "sum.$at" ]; then break; fi
    continue
  else
    size=$(stat -c %s "$file" 2> /dev/null || echo 0)
  fi
  if [ "$size" -gt "$off" ]; then
    tick
    began=$now n=$((size - off))
    [ "$n" -gt "$most" ] && n=$most
    sum=$(tail -c +$((off + 1)) "$file" | head -c "$n" | sha256sum) || continue
    echo "HS1 D $at $off $n \${sum%% *} 0"
    tail -c +$((off + 1)) "$file" | head -c "$n"
    pace 1
    off=$((off + n)) idle=0
    continue
  fi
  [ "$awaited" = 1 ] && [ "$idle" -gt 0 ] && echo "HS1 W $now"
  sleep 0.1
  idle=$((idle + 1))
  if [ $((idle % 10)) = 1 ]; then
    last=$(tail -n 3 err 2> /dev/null)
    echo "HS1 S $at \${#last}"
    printf '%s' "$last"
  fi
done
read -r code segments < code
why=end
[ -e why ] && read -r why < why
echo "HS1 F $code $segments $(stat -c %s err) $why"
cat err
# For the word that all is safe, or the end of stdin; without a program that would hold the stream open after this has ended.
wait
`)

/** Ends the container's first process, and with it all that runs in the container. It is 1 only where processes are not shared. */
export const END = compact(`${PRELUDE}
read -r pid < "$home/supervisor" && kill -TERM "$pid"
`)

/**
 * Arguments: a container's id. Says a process of it, found by its control group: no runtime's socket is needed. The first process where
 * there is one: others, as of probes, may end before they are of use. CRI-O's conmon bears the id too and is in the node's network.
 */
export const FIND_PROCESS = compact(`
all=$(for one in $(grep -ls -- "$1" /proc/[0-9]*/cgroup); do grep -qs -- "conmon-$1" "$one" || echo "$one"; done)
found=$(for one in $all; do grep -ls '^NSpid:.*[[:space:]]1$' "\${one%cgroup}status"; done | head -n 1)
found=\${found:-\${all%%/cgroup*}}
[ -n "$found" ] || exit 4
found=\${found#/proc/}
echo "\${found%%/*}"
`)

/** As `sh -c SCRIPT sh ARG...`: arguments stay arguments, whatever they hold. */
export function script(text: string, ...args: readonly (string | number)[]): readonly string[] {
  return ['sh', '-c', text, 'hopscope', ...args.map(String)]
}

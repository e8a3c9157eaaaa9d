/**
 * The shell that runs inside the namespaces, before the executor. POSIX, fed to `sh -c`; everything that varies comes as
 * argument or environment, never as script text. File descriptor 3 goes to the driver (one line per message), 4 comes
 * from it; an end of 4 means that the driver has gone.
 */

/** Where the machine's root hangs between `pivot_root` and `umount`; stays behind as an empty folder of the private /dev. */
export const oldRootPath = "/dev/.host";

/** Holds the run's marker. /kaniko is the folder that Kaniko never deletes and never puts into a layer. */
export const markerPath = "/kaniko/.sandbox";

/** Prefix of the variables that carry the executor's environment through the set-up, so that it cannot touch the tools. */
export const environmentPrefix = "KLAB_ENV_";

/**
 * Set to 5 where the command's complaints go to the file descriptor 5; else they go where its output goes. Those of the
 * set-up go to the driver.
 */
export const errorsVariable = "KLAB_ERRORS";

/** Waits until the driver has mapped the ids, then becomes "$@". */
export const enterScript = `
echo entered >&3
read -r klab_go <&4 || exit 125
exec "$@"
`;

/**
 * The same with "$@" as the first process of the new process namespace, which only a child can be. This shell waits
 * until that and all others in there have gone. `unshare --fork` would do it too, but tells a killed child as exit code 1.
 */
export const enterAndWaitScript = `
echo entered >&3
read -r klab_go <&4 || exit 125
"$@"
exit $?
`;

/**
 * Arguments: kind of user (root or user), root folder, its last part \`/<run>/root\`, marker, working folder, loader and library path for
 * umount ("" when it is static), umount, its applet ("" when it is none), number of variables, the marker's path in the root, then three for each
 * mount (host path, path, ro or rw), \`--\`, the command.
 *
 * The machine's own root is taken away by its own umount, called through its own loader: after pivot_root no program of
 * the machine finds its libraries any more.
 */
export const setupScript = `
set -eu
klab_user=$1 klab_root=$2 klab_suffix=$3 klab_marker=$4 klab_folder=$5
klab_loader=$6 klab_libraries=$7 klab_umount=$8 klab_applet=$9
shift 9
klab_count=$1 klab_marker_file=$2
shift 2

# /proc is still the machine's: this is the process id that the driver can signal.
read -r klab_pid klab_rest </proc/self/stat
echo "pid $klab_pid" >&3

klab_refuse() {
  echo "$1" >&2
  exit 125
}

# Every mount at or below $1 becomes read-only and keeps its other flags, which a user namespace must not drop.
klab_read_only() {
  while read -r klab_id klab_parent klab_device klab_from klab_point klab_options klab_rest; do
    klab_at "$1" || continue
    klab_keep=
    for klab_flag in nosuid nodev noexec noatime nodiratime relatime nosymfollow; do
      case ",$klab_options," in *",$klab_flag,"*) klab_keep=$klab_keep,$klab_flag ;; esac
    done
    mount -o "remount,bind$klab_keep,ro" "$klab_point"
  done </proc/self/mountinfo
  while read -r klab_id klab_parent klab_device klab_from klab_point klab_options klab_rest; do
    klab_at "$1" || continue
    case $klab_options in ro | ro,*) ;; *) klab_refuse "$klab_point did not become read-only" ;; esac
  done </proc/self/mountinfo
}

# Whether $klab_point, in mountinfo's octal escapes, is $1 or below.
klab_at() {
  case $klab_point in *\\\\*) klab_point=$(printf '%b.' "$klab_point") klab_point=\${klab_point%.} ;; esac
  case $klab_point/ in "$1"/*) return 0 ;; *) return 1 ;; esac
}

exec 8<"$klab_root" 9</
mount --bind "$klab_root" "$klab_root"

mount -t tmpfs -o mode=755,nosuid tmpfs "$klab_root/dev"
mkdir "$klab_root/dev/pts" "$klab_root/dev/shm" "$klab_root${oldRootPath}"
for klab_node in null zero full random urandom tty; do
  [ -e "/dev/$klab_node" ] || continue
  : >"$klab_root/dev/$klab_node"
  mount --bind "/dev/$klab_node" "$klab_root/dev/$klab_node"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,nosuid,noexec devpts "$klab_root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$klab_root/dev/shm"
ln -s pts/ptmx "$klab_root/dev/ptmx"
ln -s /proc/self/fd "$klab_root/dev/fd"
ln -s /proc/self/fd/0 "$klab_root/dev/stdin"
ln -s /proc/self/fd/1 "$klab_root/dev/stdout"
ln -s /proc/self/fd/2 "$klab_root/dev/stderr"

if [ "$klab_user" = root ]; then
  mount -t proc -o nosuid,nodev,noexec proc "$klab_root/proc"
  # What changes the machine itself, as container engines protect it.
  for klab_node in sys sysrq-trigger irq bus fs; do
    [ -e "$klab_root/proc/$klab_node" ] || continue
    mount --bind "$klab_root/proc/$klab_node" "$klab_root/proc/$klab_node"
    klab_read_only "$klab_root/proc/$klab_node"
  done
  [ ! -e "$klab_root/proc/kcore" ] || mount --bind /dev/null "$klab_root/proc/kcore"
else
  mount -t proc -o nosuid,nodev,noexec proc "$klab_root/proc" 2>/dev/null || {
    mount --rbind /proc "$klab_root/proc"
    echo "note the kernel refuses a fresh /proc here: the build sees the processes of this machine" >&3
  }
fi
# A new sysfs belongs to who owns the network, which stays the machine's.
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$klab_root/sys" 2>/dev/null || {
  mount --rbind /sys "$klab_root/sys"
  klab_read_only "$klab_root/sys"
}

while [ "$1" != -- ]; do
  mount --rbind "$1" "$klab_root$2"
  [ "$3" = rw ] || klab_read_only "$klab_root$2"
  shift 3
done
shift

cd "$klab_root"
pivot_root . ".${oldRootPath}"
cd /
klab_host=${oldRootPath}
if [ -n "$klab_loader" ]; then
  "$klab_host$klab_loader" --library-path "$klab_libraries" "$klab_host$klab_umount" \${klab_applet:+"$klab_applet"} -l "$klab_host"
else
  "$klab_host$klab_umount" \${klab_applet:+"$klab_applet"} -l "$klab_host"
fi

# The guard. Kaniko deletes everything below /, so nothing runs unless / is what was made for this run and the machine's
# root is out of reach.
[ / -ef /proc/self/fd/8 ] || klab_refuse "the root did not change: / is not the folder made for this run"
[ ! / -ef /proc/self/fd/9 ] || klab_refuse "the root did not change: / is still this machine's"
exec 8<&- 9<&-
klab_found=
read -r klab_found 2>/dev/null <"$klab_marker_file" || klab_refuse "the root has no marker of this run"
[ -n "$klab_marker" ] && [ "$klab_found" = "$klab_marker" ] || klab_refuse "the root has the marker of another run"
klab_roots=0
while read -r klab_id klab_parent klab_device klab_from klab_point klab_rest; do
  case $klab_point in
    /)
      klab_roots=$((klab_roots + 1))
      case $klab_from in *"$klab_suffix") ;; *) klab_refuse "the root is mounted from $klab_from" ;; esac
      ;;
    "$klab_host" | "$klab_host"/*) klab_refuse "this machine's root is still mounted at $klab_point" ;;
  esac
done </proc/self/mountinfo
[ "$klab_roots" = 1 ] || klab_refuse "there are $klab_roots mounts at /"
for klab_node in "$klab_host"/* "$klab_host"/.[!.]*; do
  [ ! -e "$klab_node" ] || klab_refuse "$klab_node is still there"
done

[ -x "$1" ] || {
  echo "missing $1" >&3
  exit 125
}
cd "$klab_folder"

# Only now the driver lets go: had it died before, nothing would end the executor.
echo ready >&3
read -r klab_go <&4 || exit 125

klab_errors=\${KLAB_ERRORS:-1}
unset PATH LC_ALL PWD OLDPWD SHLVL SHELL ${errorsVariable}
klab_index=0
while [ "$klab_index" -lt "$klab_count" ]; do
  eval "klab_pair=\\$${environmentPrefix}$klab_index"
  unset "${environmentPrefix}$klab_index"
  export "$klab_pair"
  klab_index=$((klab_index + 1))
done
if [ "$klab_errors" = 5 ]; then exec 2>&5 5>&-; else exec 2>&1; fi
exec 3>&- 4<&-
exec "$@"
`;

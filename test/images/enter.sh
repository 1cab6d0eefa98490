#!/bin/sh
# enter.sh ROOT WORKDIR NODE COMMAND…: in namespaces of its own, becomes what a container of that root would run: nobody
# special (1000), who may write to /tmp and /data alone. Programs and their libraries are this machine's.
set -eu
root=$1 workdir=$2 node=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
for name in usr etc lib lib64 bin sbin sys dev; do
  if [ -L "/$name" ]; then
    cp -P "/$name" "$root/$name"
  elif [ -e "/$name" ]; then
    mkdir "$root/$name"
    mount --rbind "/$name" "$root/$name"
  fi
done
mkdir "$root/proc" "$root/tmp" "$root/data" "$root/opt"
mount -t proc proc "$root/proc"
: >"$root/opt/node"
mount --bind "$node" "$root/opt/node"
mount -o remount,bind,ro "$root"
for name in tmp data; do mount -t tmpfs -o mode=1777 tmpfs "$root/$name"; done
# Its root is the only one there is: the old one is put below, and gone.
cd "$root"
pivot_root . .
umount -l .
# Whoever is root becomes another; whoever is none already is shown as one.
if [ "$(awk 'NR == 1 { print $3 }' /proc/self/uid_map)" -gt 1 ]; then
  become='setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all'
else
  become='unshare --user --map-user=1000 --map-group=1000'
fi
# shellcheck disable=SC2086 # It is several words.
exec env --chdir "$workdir" $become "$@"

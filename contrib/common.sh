# Set-up that contrib/check and contrib/demo share. Sourced by bash, as root.
#
# Starts no service and leaves none behind: packages are installed while a
# policy-rc.d forbids it, and servers are not installed at all but unpacked into
# a directory of our own, where nothing but the test or the gate starts them.
# shellcheck shell=bash disable=SC2034

export LC_ALL=C DEBIAN_FRONTEND=noninteractive
umask 022

build_packages="autoconf automake gcc libc6-dev make pkg-config binutils
libevent-dev libseccomp-dev libcap-ng-dev libc-ares-dev
libtirpc-dev libselinux1-dev"

# Libraries of the servers that are only unpacked.
server_libraries="libcap2 libcom-err2 libkrb5-3 libpam0g libssl3 libtinfo6
libwrap0 netbase"

say() {
	printf '[%4d s] %s\n' "$SECONDS" "$*"
}

need_root() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "${0##*/}: to be run as root: it installs packages," \
		    "makes users and starts servers" >&2
		exit 1
	fi
}

# missing_packages NAME...: those that are not installed.
missing_packages() {
	local name
	for name in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null |
		    grep -q '^.i' || printf '%s ' "$name"
	done
}

# no_daemons COMMAND...: runs it while packages may not start anything.
no_daemons() (
	policy=/usr/sbin/policy-rc.d
	saved=
	restore() {
		if [ -n "$saved" ]; then
			mv -f "$saved" "$policy"
		else
			rm -f "$policy"
		fi
	}
	if [ -e "$policy" ] || [ -L "$policy" ]; then
		saved=$policy.before-sallyport
		mv -f "$policy" "$saved"
	fi
	trap restore EXIT
	trap 'exit 1' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	"$@"
)

apt() {
	apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
	    -o APT::Sandbox::User=root "$@"
}

refresh_lists() {
	[ -n "${lists_are_fresh:-}" ] || apt update || return 1
	lists_are_fresh=yes
}

# install_packages LOG NAME...
install_packages() {
	local log=$1 wanted
	shift
	if ! command -v apt-get >/dev/null; then
		echo "no apt-get here: please install $*" >&2
		return 1
	fi
	wanted=$(missing_packages "$@")
	[ -n "$wanted" ] || return 0
	say "installing $wanted"
	# shellcheck disable=SC2086
	refresh_lists >>"$log" 2>&1 &&
	    no_daemons apt-get -qq -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
		install $wanted >>"$log" 2>&1 </dev/null
}

# unpack_packages LOG DIRECTORY NAME...: their files, nothing installed.
unpack_packages() {
	local log=$1 directory=$2
	shift 2
	say "unpacking $*"
	mkdir -p "$directory/packages" || return 1
	(
		cd "$directory/packages" || exit 1
		if ! apt download "$@"; then
			apt update && apt download "$@" || exit 1
		fi
		for package in ./*.deb; do
			dpkg-deb -x "$package" "$directory" || exit 1
		done
	) >>"$log" 2>&1
}

# make_users FILE: the users and groups of a sysusers.d file, where they are
# not there yet. They stay: an installed sallyport uses the same ones.
make_users() {
	local kind name
	while read -r kind name _; do
		case $kind in
		u)
			getent passwd "$name" >/dev/null ||
			    useradd --system --user-group --no-create-home \
				--home-dir /nonexistent \
				--shell /usr/sbin/nologin "$name" || return 1
			;;
		g)
			getent group "$name" >/dev/null ||
			    groupadd --system "$name" || return 1
			;;
		esac
	done <"$1"
}

# copy_tree FROM TO: the sources as they are now, without what was built.
copy_tree() {
	local from=$1 to=$2
	local git="git -c safe.directory=* -C $from"

	mkdir -p "$to" || return 1
	if [ -e "$from/.git" ] && command -v git >/dev/null; then
		# Files that are listed but deleted are left out.
		$git ls-files -z --cached --others --exclude-standard |
		(cd "$from" && while IFS= read -r -d '' file; do
			if [ -e "$file" ]; then
				printf '%s\0' "$file"
			fi
		done | tar --null -T - -cf -) | tar -C "$to" -xf -
	else
		tar -C "$from" --exclude='*.o' --exclude='*.a' \
		    --exclude=.git -cf - . | tar -C "$to" -xf -
	fi
}

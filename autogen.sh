#!/bin/sh
# Makes configure out of configure.ac. Needed in a checkout, not in a tarball.
set -eu
cd "$(dirname "$0")"

missing=
for tool in autoreconf automake aclocal pkg-config; do
	command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "autogen.sh: not found:$missing" >&2
	echo "  Debian: apt-get install autoconf automake pkg-config" >&2
	echo "  Fedora: dnf install autoconf automake pkgconf-pkg-config" >&2
	exit 1
fi
exec autoreconf --install --warnings=all "$@"

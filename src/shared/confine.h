/*
 * Giving up what a helper does not need, verified: namespaces, root
 * directory, ids, capabilities, limits.
 *
 * Called by dispatch, log and load as the first thing in main(), while still
 * root, before any channel is touched. Every mandatory step is read back from
 * the kernel; failure ends the process with EXIT_SANDBOX.
 */
#ifndef SHARED_CONFINE_H
#define SHARED_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* What was obtained; printed by status. */
enum sandbox_layer {
	LAYER_IDS = 1, LAYER_CAPS = 2, LAYER_NNP = 4, LAYER_SECCOMP = 8,
	LAYER_NETNS = 16, LAYER_IPCNS = 32, LAYER_UTSNS = 64, LAYER_ROOT = 128,
	LAYER_LANDLOCK = 256, LAYER_MDWE = 512
};
#define LAYERS_MANDATORY (LAYER_IDS | LAYER_CAPS | LAYER_NNP | LAYER_SECCOMP)

struct confinement {
	uint32_t uid, gid;	/* never 0 */
	bool net;		/* leave the network namespace */
	bool root;		/* enter an anonymous empty root */
	unsigned files;		/* RLIMIT_NOFILE, soft and hard */
	bool may_write_files;	/* else RLIMIT_FSIZE 0 */
};

/*
 * Ids, groups, all capability sets and the bounding set, no_new_privs,
 * PDEATHSIG, undumpable, RLIMIT_CORE/NPROC 0. Returns the layers obtained.
 * Without root (a check by an ordinary user) only what needs none is done, and
 * LAYER_IDS is reported when uid and gid already are the caller's.
 */
uint32_t confine(const struct confinement *);

/* "ids caps nnp seccomp netns ..." for people. */
const char *layers_text(uint32_t layers, char *out, unsigned size);

#endif

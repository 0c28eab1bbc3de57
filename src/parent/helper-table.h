/*
 * What the kinds of helpers differ in: one row a kind.
 */
#ifndef PARENT_HELPER_TABLE_H
#define PARENT_HELPER_TABLE_H

#include "parent/parent.h"

struct helper_row {
	const char *name;
	const char *program;
	enum role role;
	const char *option;	/* the one of its own, or NULL */
	size_t place;		/* in struct parent: the one in force */
	int (*start)(struct parent *);	/* anew when it has ended, or NULL */
	enum msg_link link;
	unsigned queue_max;	/* messages at most in its channel */
	bool may_fd;		/* then handle() takes the descriptor */
	const char *(*handle)(struct parent *, struct helper *,
	    const union msg *, int fd);
	void (*ended)(struct parent *, struct helper *, int status);
};

extern const struct helper_row helper_table[HELPER_KINDS];

/* Where the parent keeps the one of that kind which is in force. */
struct helper **helper_place(struct parent *, enum helper_kind);

#endif

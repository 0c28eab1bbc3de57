/*
 * What the parts of sallyport-lookup share.
 */
#ifndef LOOKUP_LOOKUP_H
#define LOOKUP_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lookup/hosts.h"
#include "lookup/resolve.h"
#include "shared/loop.h"
#include "shared/msg.h"

#define ASKERS_MAX 64		/* dispatchers; a further one is closed */
/* Beyond these one of the asker's oldest gives way, or the further one is
 * UNKNOWN. */
#define QUESTIONS_MAX 1024	/* open in all */
#define QUESTIONS_EACH 256	/* of one asker */
#define IDENTS_MAX 64		/* connections to ident servers */

struct lookup;
struct asker;
struct session;

struct attempt {		/* to confirm a name */
	char name[NAME_SIZE];
	enum finding verdict;	/* does it resolve to the source? */
	struct wait wait;
};

struct question {
	struct lookup *lookup;
	struct asker *asker;
	/* Free, of the asker's open ones, or of its unsent answers. */
	TAILQ_ENTRY(question) others;
	struct loop_timer *timer;
	struct msg_ask ask;
	struct address source;
	struct wait names;	/* for the source's PTR records */
	struct attempt attempts[DNS_NAMES];
	unsigned count;		/* of attempts */
	unsigned pending;	/* of them */
	bool is_cut;		/* NAMES: there are more than attempts */
	struct session *session;	/* IDENT */
	union msg answer;
};
TAILQ_HEAD(questions, question);

struct asker {
	struct lookup *lookup;
	int fd;			/* -1: a free place */
	struct loop_watch *readable, *writable;
	unsigned count;		/* of questions, open and unsent */
	struct questions open, unsent;
	bool has_spare;		/* an answer that had no question's place */
	union msg spare;
};

struct lookup {
	struct loop *loop;
	struct resolver *resolver;
	struct hosts *hosts;
	struct loop_watch *control;
	struct asker askers[ASKERS_MAX];
	struct question questions[QUESTIONS_MAX];
	struct questions free;
	unsigned sessions;
};

#endif

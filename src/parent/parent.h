/*
 * The parent's one state struct, and the things it keeps.
 *
 * Runs as root. Every mutable value of the process hangs off struct parent,
 * which main() owns and passes on; only daemon.c keeps its pid file to itself.
 */
#ifndef PARENT_PARENT_H
#define PARENT_PARENT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "parent/options.h"
#include "parent/told.h"
#include "policy/policy.h"
#include "shared/msg.h"
#include "shared/record.h"
#include "shared/state.h"

#define GENERATIONS_MAX 32	/* with their texts; older ones keep a number */
#define CHANNELS_MAX 64		/* record channels not yet read to their end */
#define RECORD_BUFFER (8 << 20)	/* of a record channel: thousands of records */
#define CONTROL_BUFFER (1 << 20)	/* of the other helpers' */
#define RELAY_BUFFER (8 << 20)	/* of relay's channel: thousands of sessions */
#define RECORD_COUNTER_SIZE 4096
#define RPC_TASKS_MAX 64	/* registrations under way or waiting */
#define WINDOW_MAX 16		/* unanswered starts of one service */

struct parent;

/* One descriptor in the epoll set. */
struct watch {
	int fd;
	void (*ready)(struct parent *, void *argument);
	void *argument;
};

struct rpc_entry {
	uint32_t program, low, high;	/* low..high: versions */
};

struct listener {
	struct listener *next;
	int fd;
	struct listen_addr at;
	bool is_wildcard;
	bool is_absent;		/* bound ahead of its address (IP_FREEBIND) */
	bool is_missing;	/* could not be bound; a place holder */
	int type;		/* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET */
	char *path;		/* of a UNIX socket (owned here), or NULL */
	uint64_t device, inode;	/* of the path: nobody else's is unlinked,
				 * and no other socket's connection served */
	bool is_any_port;	/* the port was the kernel's choice */
	struct rpc_entry rpc;	/* program 0: none */
	bool is_registered;	/* rpcbind has been told of it */
	/* of a listener that is handed to servers of its own (wait = yes) */
	pid_t busy;		/* the server that has it, or 0 */
	bool is_retired;	/* in no policy; kept for that server's time */
	bool is_ruined;		/* somebody shut it down; replaced at a load */
	uint32_t drops;		/* the kernel's count, as far as it is recorded */
	uint64_t first_ns;	/* when the datagram came that began the server */
	bool is_filtered;	/* the numeric policy is attached */
	uint64_t shield_until_ms;	/* stays attached so long; 0 none */
	uint64_t guard_until_ms;	/* the same, for a server to come */
	uint64_t free_at_ms;	/* back-off: given back then; 0 none */
	unsigned quick_ends;	/* servers in a row that ended at once */
	int domain;
	uint64_t netns;		/* SO_NETNS_COOKIE */
	unsigned users;		/* generations that name it */
};

/* Start rate of a service, whatever its policy. */
struct start_window {
	uint64_t second;	/* that is being counted */
	uint64_t starts;
};

/* Everything about a service that a start needs, computed once. */
struct launch {
	const struct service *service;
	unsigned slot;		/* in parent.state */
	const char *path;	/* what is executed */
	char **argv;
	const char **env;	/* fixed part, env_count strings */
	unsigned env_count;
	struct launch *variants;	/* one per wrap_options, see variant.h */
};

struct generation {
	struct generation *next;
	uint64_t number;
	struct policy *policy;
	struct launch *launches;	/* one per service */
	struct listener **listeners;	/* in the order of the texts */
	uint32_t *listener_service;
	unsigned listener_count;
	int dispatch_text, log_text, tables, faults, sources;
	unsigned instances;	/* servers running that it started */
	unsigned dispatchers;	/* that still serve or drain it */
	bool needs_relay, needs_lookup;	/* those helpers */
	bool is_stripped;	/* only number and count are left */
};

enum helper_kind {
	HELPER_LOAD, HELPER_DISPATCH, HELPER_LOG, HELPER_RELAY, HELPER_LOOKUP
};
#define HELPER_KINDS (HELPER_LOOKUP + 1)
enum helper_phase { PHASE_STARTING, PHASE_READY, PHASE_DRAINING };

struct helper {
	struct helper *next;
	enum helper_kind kind;
	enum helper_phase phase;
	pid_t pid;
	struct watch watch;	/* control channel */
	uint64_t deadline_ms;	/* SIGKILL then; 0 none */
	uint64_t denounced_ms;	/* the same: log gave up its records */
	uint64_t start_us;	/* Unix */
	uint32_t layers;
	bool is_violator;
	bool is_mute;		/* its channel is closed; it should end now */
	bool is_late;		/* killed at its deadline */
	bool is_denounced;	/* killed on log's word alone */
	bool is_cast_off;	/* not needed any more before it was ready */
	bool is_reaped;
	bool said_drained;
	/* dispatch */
	struct generation *generation;
	uint32_t number;	/* of this dispatcher, for connection ids */
	uint64_t last_start;	/* highest number of a START so far */
	uint64_t starts;	/* STARTs received */
	uint64_t drained_by_ms;	/* no START counts from then on; 0 none */
	uint64_t channel;	/* its record channel */
	int state_fd;		/* dispatch.state, read when it has ended */
	bool has_public_state;	/* under its name in the run directory */
};

/* The reading end of a record channel, kept until log has read it all. */
struct channel {
	uint64_t id;		/* 0: free */
	enum record_writer writer;
	int rx, counter;
	bool has_writer;	/* which has not ended yet */
	bool is_done;		/* log reads it no more */
};

/* A running server. Slot numbers are those of parent.state's instances[]. */
struct instance {
	pid_t pid;		/* 0: free */
	bool is_relayed;	/* a session of relay: pid is relay's */
	struct listener *listener;	/* that a wait server has, or NULL */
	uint64_t cookie;	/* SO_COOKIE of its connection */
	struct generation *generation;
	uint32_t service;	/* index in the generation */
	uint64_t conn;
	uint64_t start_us;	/* monotonic */
	uint64_t wall_us;	/* Unix; clocks may be set in between */
	uint64_t deadline_ms;	/* monotonic; TERM then; 0 none */
	uint32_t uid;		/* of the server */
	bool is_told;		/* TERM sent; at the next deadline KILL */
	bool is_reported;	/* the step that failed was said */
	enum record_exit_by exit_by;
	struct record_addr source, destination;
	uint32_t next_pid, next_cookie;	/* hash chains, slot + 1; 0 ends */
};

/* A registration with rpcbind that waits or runs, see rpc.h. */
struct rpc_task {
	bool is_used;
	bool is_set;		/* else unset */
	bool is_dgram, is_ipv6;
	uint16_t port;
	pid_t pid;		/* 0: waits */
	struct rpc_entry entry;
	char service[STATE_ID];
};

enum stop_phase { RUNNING, STOP_SERVERS, STOP_LOG, STOPPED };

struct load_job {
	struct helper *helper;	/* NULL: none running */
	bool is_first;
	bool is_watched;	/* a watched file caused it */
	bool is_wanted_again, is_watched_again;
	uint64_t began_us;	/* Unix time */
	int fds[LOADED_MAX];
	struct told told;
	uint32_t services_refused;
	char *said;		/* diagnostics of the first load, for stderr */
	size_t said_length;
};

/* Files beside the configuration that a policy is made of; see watch.c. */
#define WATCHED_MAX 8
struct watched_file {		/* what stat() said last; all zero: missing */
	uint64_t device, inode, size, changed_ns, written_ns;
};

struct watched_path {
	char *path;		/* absolute, shorter than PATH_MAX */
	struct watched_file seen;
};

struct file_watch {
	struct watch watch;	/* inotify, or -1 */
	uint64_t check_ms;	/* next look at the files */
	uint64_t last_ms;	/* the last one */
	uint64_t retry_ms;	/* the loader could not work; 0 none */
	struct watched_file seen[WATCHED_MAX];
	/* files of patterns that the policy in force is made of */
	struct watched_path more[WRAP_FILES_MAX];
	unsigned more_count;
};

/* What a file was like; all-zero: it was not there. */
struct file_mark {
	uint64_t inode, size;
	int64_t seconds, nanoseconds;
};
#define LOOKUP_FILES 2

struct parent {
	struct options options;
	int epoll, signals;
	struct watch signal_watch, step_watch;
	int reserve;		/* a place in our table for what is received */
	int step_pipe[2];	/* children report failures before exec here */
	int ready_pipe;		/* to the process that started us, or -1 */
	uint64_t files_hard;	/* RLIMIT_NOFILE at start, for servers */
	unsigned start_umask;

	struct parent_state *state;
	int state_fd;		/* read-only, for dispatchers */
	int log_state_fd, log_chain_fd, relay_state_fd;
	int scores_fd;		/* memory of the dispatchers: dispatch/scores.h and
				 * rates.h */
	struct record_channel records;
	uint64_t records_channel;
	struct channel channels[CHANNELS_MAX];
	uint64_t last_channel;

	struct generation *generations;	/* newest first */
	struct generation *in_force, *candidate;
	uint64_t last_generation;
	struct listener *listeners;
	struct rpc_task rpc_tasks[RPC_TASKS_MAX];

	struct helper *helpers;
	struct helper *dispatcher;	/* of the generation in force */
	struct helper *log;
	struct helper *relay, *lookup;
	struct file_mark lookup_files[LOOKUP_FILES];	/* when it started */
	uint32_t last_dispatcher;
	unsigned denounced;	/* that log's word alone has ended, in a row */
	struct load_job load;
	struct file_watch files;
	pid_t dump;		/* writes a state dump, or 0 */
	uint64_t check_ms;	/* next consistency check; 0 none yet */
	/* restart book-keeping, by helper_kind */
	uint64_t restart_at_ms[HELPER_KINDS];	/* 0: nothing to restart */
	uint64_t last_start_ms[HELPER_KINDS];
	uint64_t backoff_ms[HELPER_KINDS];
	uint32_t restarts[HELPER_KINDS];

	struct instance *instances;	/* STATE_INSTANCES */
	uint32_t *hash_pid, *hash_cookie;	/* BOOKS_HASH heads, slot + 1 */
	uint64_t *past_cookies;	/* BOOKS_PAST of connections served before */
	uint32_t *free_slots;
	uint32_t free_count;
	struct start_window *windows;	/* by slot of parent.state */
	uint64_t next_deadline_ms;	/* earliest instance deadline; 0 none */

	struct sinks sinks;
	uint64_t sink_retry_ms[SINK_MAX];	/* when to reconnect; 0 never */
	bool sink_is_known_bad[SINK_MAX];	/* said once, until it works */
	bool unproved_is_said;	/* that UNIX services are known by name */
	uint64_t address_check_ms;	/* next look for absent addresses; 0 none */

	enum stop_phase stop;
	bool leave_servers;
	uint64_t stop_deadline_ms;
	int exit_code;
};

#endif

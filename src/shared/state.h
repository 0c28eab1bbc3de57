/*
 * The scoreboard: memory shared between processes, one writer each.
 *
 * Files of fixed records under the run directory (root:sallyport-ops 0640).
 * All-zero is empty. Every reader treats every byte as hostile: indexes are
 * masked, texts are bounded, a torn value is only ever wrong by one update.
 */
#ifndef SHARED_STATE_H
#define SHARED_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/record.h"

#define STATE_VERSION 3
#define STATE_SERVICES 4096
#define STATE_INSTANCES 32768	/* servers and relayed sessions */
#define STATE_SERVERS 16384	/* servers at most */
#define STATE_SESSIONS 16384	/* relayed sessions at most */
#define STATE_HELPERS 16
#define STATE_ID 64

struct state_header {
	char magic[8];		/* "SALLYP\0" + kind 'P', 'D', 'L' or 'R' */
	uint32_t version;
	uint32_t size;		/* of the whole file */
};

enum state_service_status {
	SERVICE_UNUSED, SERVICE_LISTENING, SERVICE_FAILED, SERVICE_GONE
};

struct state_service {
	char id[STATE_ID];	/* NUL-terminated */
	uint32_t status;	/* enum state_service_status */
	uint32_t instances;	/* running now */
	uint32_t limit;		/* UINT32_MAX: none */
	uint32_t index;		/* in the generation in force */
	uint64_t started;	/* ever */
	uint64_t refused;	/* by the parent */
	struct record_addr listen[8];
	uint32_t listeners;
	uint32_t freebind;	/* bit i: listen[i]'s address is not there yet */
	uint32_t kind;		/* enum service_kind */
	uint32_t busy;		/* bit i: a server has listen[i] */
	uint32_t rpc_program;	/* its ports are the kernel's choice; 0: none */
	uint32_t taken;		/* bit i: another process has listen[i]'s port */
	char path[112];		/* of its UNIX socket; NUL-terminated */
};

struct state_instance {
	int32_t pid;		/* 0: free slot */
	uint32_t service;	/* slot in services[] */
	uint64_t conn;
	uint64_t generation;
	uint64_t start_us;	/* Unix */
	uint64_t deadline_ms;	/* monotonic, 0 none */
	struct record_addr source;
	uint32_t uid;
	uint32_t is_relayed;	/* pid is relay's */
};

struct state_helper {
	char name[16];		/* "dispatch", "log" */
	int32_t pid;
	uint32_t restarts;
	uint32_t layers;	/* enum sandbox_layer bits */
	uint32_t draining;
	uint64_t generation;
	uint64_t start_us;
};

struct parent_state {
	struct state_header h;
	int32_t pid;
	uint32_t stopping;
	uint64_t boot;		/* random id of this run */
	uint64_t start_us;
	uint64_t generation;	/* in force; 0 before the first */
	uint64_t loads, loads_refused;
	uint64_t last_load_us;
	uint32_t last_load_status;	/* enum load_status */
	uint32_t processes;	/* servers running now */
	uint32_t service_count;	/* used slots */
	uint32_t instance_high;	/* one past the highest used slot */
	uint32_t logs_closed;	/* logs that could not be opened, retried */
	uint32_t sessions;	/* relayed sessions now */
	uint64_t connections_lost, connections_doubtful;
	/* Counters of dead dispatchers, added up. */
	uint64_t accepted, allowed, denied;
	uint64_t last_error_us;	/* Unix; 0: none yet */
	uint64_t services_refused;	/* by the policy in force */
	char last_error[256];
	struct state_helper helpers[STATE_HELPERS];
	struct state_service services[STATE_SERVICES];
	struct state_instance instances[STATE_INSTANCES];
};

/* What the dispatcher is doing with the connection in its hands. */
enum dispatch_stage { STAGE_IDLE, STAGE_ACCEPTING, STAGE_REFUSING };

struct dispatch_service {
	uint64_t allowed, denied;
};

struct dispatch_state {		/* a fresh file for each dispatcher */
	struct state_header h;
	uint64_t generation;
	uint64_t stage;		/* enum dispatch_stage */
	uint64_t accepted;	/* accept() returned a connection */
	uint64_t denied;	/* refused and closed */
	uint64_t handed;	/* START sent */
	uint64_t window_stops;	/* times polling stopped for a full window */
	struct dispatch_service services[STATE_SERVICES];
};

struct log_sink_state {
	uint64_t written, lost;
	uint32_t is_open, last_errno;
};

#define STATE_SINKS 256
#define STATE_PATH 128
struct log_state {
	struct state_header h;
	uint64_t sequence;	/* last final number given */
	uint64_t written;	/* records in the audit file */
	uint64_t lost;		/* records known lost, all causes */
	struct log_sink_state sinks[STATE_SINKS];
	/* NUL-terminated; of a longer one the end, behind "..". */
	char paths[STATE_SINKS][STATE_PATH];
};

struct relay_state {
	struct state_header h;
	uint64_t sessions;	/* now */
	uint64_t started, ended;
	uint64_t bytes_in, bytes_out;
	uint64_t pipes;		/* in use now */
};

/* Bytes of log's chain memory, made by the parent, laid out by log alone. */
#define LOG_CHAIN_SIZE 65536

/* Bytes of the dispatchers' memory of sources, made by the parent, laid out
 * by dispatch/scores.h alone. */
#define SCORES_SIZE (8u << 20)

/* Behind it in the same memory: their buckets of cps, by slot in services[];
 * laid out by dispatch/rates.h alone. */
#define RATES_SIZE (128u * STATE_SERVICES)

/* Behind them: how often each source comes; laid out by dispatch/sources.h
 * alone. So many rows at most, and one for the header. Pages that nobody
 * touches do not exist. */
#define SOURCES_ROW 64u
#define SOURCES_MAX 1048576u
#define SOURCES_DEFAULT 65536u	/* source_table without a word */
#define SOURCES_SIZE (SOURCES_ROW * (SOURCES_MAX + 1))

/* All of it, in one descriptor. */
#define MEMORY_SIZE (SCORES_SIZE + RATES_SIZE + SOURCES_SIZE)

/* Names under the run directory. */
#define STATE_PARENT "parent.state"
#define STATE_DISPATCH "dispatch.state"
#define STATE_LOG "log.state"
#define STATE_RELAY "relay.state"

void state_header_set(struct state_header *, char kind, uint32_t size);

/* Maps a state file read-only from a path; NULL with errno. Checks magic,
 * version and size (EPROTO). Unmap with the size of the struct. */
const void *state_open(const char *path, char kind, size_t size);

#endif

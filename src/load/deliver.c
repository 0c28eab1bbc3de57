/*
 * The results of a load, sealed and sent.
 *
 * Runs in sallyport-load after it has given up root and put on its sandbox.
 * What leaves here is what all other processes will believe, so each result is
 * sealed before it is sent, and all of them are complete before the first goes
 * out: half a policy is never delivered.
 */
#include "load/deliver.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "load/tables.h"
#include "policy/print.h"
#include "shared/ipc.h"
#include "shared/util.h"

void
deliver_begin(struct delivery *d, const struct policy *policy)
{
	memset(d, 0, sizeof(*d));
	for (int i = 0; i < LOADED_MAX; i++)
		d->fds[i] = -1;
	for (unsigned i = 0; i < policy->count; i++) {
		const struct service *s = policy->services[i];

		if (s->off)
			continue;
		if (s->refused)
			d->refused++;
		else
			d->services++;
	}
}

static bool
seal(struct delivery *d, enum load_result kind, const char *name,
    const void *bytes, size_t length, const char **why)
{
	d->fds[kind] = memfd_sealed(name, bytes, length);
	if (d->fds[kind] != -1)
		return true;
	*why = "the results cannot be sealed in memory";
	return false;
}

static bool
make_texts(struct delivery *d, struct policy *policy, const char **why)
{
	static const struct {
		enum load_result kind;
		unsigned consumer;
		const char *name;
	} rows[] = {
		{ LOADED_PARENT_TEXT, CONSUMER_PARENT, "sallyport-parent" },
		{ LOADED_DISPATCH_TEXT, CONSUMER_DISPATCH,
		    "sallyport-dispatch" },
		{ LOADED_LOG_TEXT, CONSUMER_LOG, "sallyport-log" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = 0;
		const char *text = print_policy(policy, rows[i].consumer,
		    &length);

		if (text == NULL) {
			*why = "the policy does not fit into memory";
			return false;
		}
		if (!seal(d, rows[i].kind, rows[i].name, text, length, why))
			return false;
	}
	return true;
}

bool
deliver_make(struct delivery *d, struct policy *policy,
    const struct deliver_texts *texts, const char **why)
{
	size_t size;
	void *block;
	bool is_sealed;

	if (texts->sources == NULL) {
		*why = "the configuration files are too big to be kept";
		return false;
	}
	block = tables_make(policy, &size, why);
	if (block == NULL)
		return false;
	is_sealed = seal(d, LOADED_TABLES, "sallyport-tables", block, size,
	    why);
	free(block);
	return is_sealed &&
	    seal(d, LOADED_FAULTS, "sallyport-faults", texts->faults,
	    texts->faults_length, why) &&
	    seal(d, LOADED_SOURCES, "sallyport-sources", texts->sources,
	    texts->sources_length, why) &&
	    make_texts(d, policy, why);
}

/* The parent kills us when it has waited long enough; we need no clock. */
static bool
send_waiting(int channel, union msg *m, enum msg_type type, int fd)
{
	size_t length = msg_prepare(m, type);

	for (;;) {
		struct pollfd pfd = { .fd = channel, .events = POLLOUT };
		enum ipc_result result = ipc_send(channel, m, length, fd);

		if (result != IPC_AGAIN)
			return result == IPC_OK;
		/* The pause is for an EAGAIN that poll() knows nothing of. */
		if (poll(&pfd, 1, 1000) > 0)
			(void)poll(NULL, 0, 1);
	}
}

static bool
send_diag(int channel, const struct diag *d)
{
	union msg m;

	memset(&m, 0, sizeof(m));
	m.diag.effect = d->effect;
	m.diag.code = d->code;
	m.diag.line = d->place.line;
	m.diag.length = (uint32_t)diag_format(d, m.diag.text,
	    sizeof(m.diag.text));
	return send_waiting(channel, &m, MSG_DIAG, -1);
}

static bool
send_results(struct delivery *d, int channel)
{
	for (uint32_t i = 0; i < LOADED_MAX; i++) {
		union msg m;

		memset(&m, 0, sizeof(m));
		m.loaded.kind = i;
		if (!send_waiting(channel, &m, MSG_LOADED, d->fds[i]))
			return false;
	}
	return true;
}

bool
deliver_send(struct delivery *d, int channel, const struct policy *policy,
    enum load_status status)
{
	const struct diag *diag;
	union msg m;

	for (diag = policy->diags.first; diag != NULL; diag = diag->next) {
		if (!send_diag(channel, diag))
			return false;
	}
	if (status == LOAD_GOOD && !send_results(d, channel))
		return false;
	memset(&m, 0, sizeof(m));
	m.loaded.kind = status;
	m.loaded.services = d->services;
	m.loaded.faults = d->refused;
	return send_waiting(channel, &m, MSG_LOAD_DONE, -1);
}

void
deliver_end(struct delivery *d)
{
	for (int i = 0; i < LOADED_MAX; i++)
		fd_close(&d->fds[i]);
}

/*
 * Where the parent writes its records: the sending end and the counter page.
 * Root. The receiving end is kept too, so that records queue while the log
 * process is replaced.
 */
#include "parent/records.h"

#include <sys/mman.h>

#include <unistd.h>

#include "parent/say.h"
#include "parent/sinks.h"
#include "shared/ipc.h"
#include "shared/util.h"

int
records_open(struct parent *p)
{
	int pair[2];
	int counter = memfd_shared("record-counter", RECORD_COUNTER_SIZE);

	if (counter == -1 || ipc_pair(pair, RECORD_BUFFER) == -1) {
		fd_close(&counter);
		return -1;
	}
	ipc_refuse_descriptors(pair[0]);
	p->records.fd = pair[1];
	p->records.counter = map_fd(counter, RECORD_COUNTER_SIZE, true);
	if (p->records.counter == NULL) {
		(void)close(pair[0]);
		(void)close(counter);
		fd_close(&p->records.fd);
		return -1;
	}
	p->records_channel = sinks_channel(p, WRITER_PARENT, pair[0], counter);
	return 0;
}

void
records_close(struct parent *p)
{
	fd_close(&p->records.fd);
	sinks_writer_ended(p, p->records_channel);
}

void
records_renew(struct parent *p)
{
	uint64_t old = p->records_channel;

	records_close(p);
	(void)sinks_channel_done(p, old);
	if (p->records.counter != NULL)
		(void)munmap((void *)(uintptr_t)p->records.counter,
		    RECORD_COUNTER_SIZE);
	p->records.counter = NULL;
	if (records_open(p) == -1)
		fatal(EXIT_CANNOT, "no channel for records can be made");
	say(p, LEVEL_ALERT, "the parent's records go on in channel %llu; what "
	    "was in channel %llu and not written is lost",
	    (unsigned long long)p->records_channel, (unsigned long long)old);
}

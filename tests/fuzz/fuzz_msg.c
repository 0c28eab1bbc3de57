/*
 * The message decoder against any bytes.
 *
 * The first byte chooses the channel and whether a descriptor came along; the
 * rest is the message. Whatever passes must obey the table and must pass again
 * after a round trip. Built with a fuzzing engine or with the stand-alone
 * driver, which replays files.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/ipc.h"
#include "shared/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int is_so)
{
	if (!is_so)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const union msg nothing;
	union msg once, twice;
	enum msg_link link;
	bool has_fd;
	char conn[RECORD_CONN_TEXT];

	if (size < 1 || size > 1 + IPC_MAX)
		return 0;
	link = (enum msg_link)(data[0] % MSG_LINKS);
	has_fd = (data[0] & 0x80) != 0;
	data++;
	size--;
	if (msg_decode(link, data, size, has_fd, &once) != NULL) {
		demand(memcmp(&once, &nothing, sizeof once) == 0);
		return 0;
	}
	demand(once.h.type > MSG_NONE && once.h.type < MSG_MAX);
	demand(msg_table[once.h.type].link == link);
	demand(msg_table[once.h.type].fd == has_fd);
	demand(msg_table[once.h.type].size == size);
	demand(memcmp(&once, data, size) == 0);
	demand(msg_prepare(&once, (enum msg_type)once.h.type) == size);
	demand(msg_decode(link, &once, size, has_fd, &twice) == NULL);
	demand(memcmp(&once, &twice, sizeof once) == 0);
	if (once.h.type == MSG_DIAG)
		demand(strlen(once.diag.text) == once.diag.length);
	if (once.h.type == MSG_RECORD) {
		demand(strlen(once.record.record.text) ==
		    once.record.record.text_length);
		record_conn_text(once.record.record.conn, conn);
		demand(strlen(conn) < sizeof conn);
	}
	return 0;
}

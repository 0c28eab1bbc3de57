/*
 * Random packets, and a small interpreter of classic BPF in the place of the
 * kernel's. Behind cmocka.h.
 */
#ifndef TESTS_FILTER_HELP_H
#define TESTS_FILTER_HELP_H

#include <linux/filter.h>
#include <string.h>

#include "policy/filter.h"

static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);

static uint32_t
random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % limit;
}

/* What the kernel would say; every rule that it checks at attachment is an
 * assertion here. `packet` begins at the network header. */
static uint32_t
run(const struct blob *blob, const uint8_t *packet, size_t length)
{
	const struct sock_filter *codes = (const void *)blob->bytes;
	size_t count = blob->length / sizeof(*codes);
	uint32_t a = 0, memory[BPF_MEMWORDS] = { 0 };
	bool is_set[BPF_MEMWORDS] = { false };

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *c = &codes[pc];
		size_t at = c->k - (uint32_t)SKF_NET_OFF;

		switch (c->code) {
		case BPF_LD | BPF_B | BPF_ABS:
			assert_true(at < length);
			a = packet[at];
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(at + 4 <= length);
			a = (uint32_t)packet[at] << 24 |
			    (uint32_t)packet[at + 1] << 16 |
			    (uint32_t)packet[at + 2] << 8 | packet[at + 3];
			break;
		case BPF_LD | BPF_MEM:
			assert_true(c->k < BPF_MEMWORDS && is_set[c->k]);
			a = memory[c->k];
			break;
		case BPF_ST:
			assert_true(c->k < BPF_MEMWORDS);
			memory[c->k] = a;
			is_set[c->k] = true;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= c->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == c->k ? c->jt : c->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += c->k;
			break;
		case BPF_RET | BPF_K:
			return c->k;
		default:
			fail_msg("code %#x", c->code);
		}
	}
	fail_msg("the program has no end");
	return 0;
}

static size_t
make_packet(const struct addr *source, uint8_t packet[64])
{
	memset(packet, 0xa5, 64);
	if (source->family == ADDR_IPV4) {
		packet[0] = 0x45;
		memcpy(packet + 12, source->bytes, 4);
		return 20;
	}
	packet[0] = 0x6a;
	memcpy(packet + 8, source->bytes, 16);
	return 40;
}

/* Few distinct bits, so that prefixes and addresses meet. */
static void
random_addr(struct addr *addr)
{
	static const uint8_t some[] = { 0, 1, 10, 127, 128, 192, 255 };
	unsigned length;

	memset(addr, 0, sizeof(*addr));
	addr->family = random_below(2) == 0 ? ADDR_IPV4 : ADDR_IPV6;
	length = addr->family == ADDR_IPV4 ? 4 : 16;
	for (unsigned i = 0; i < length; i++)
		addr->bytes[i] = some[random_below(i < 2 ? 3 : 7)];
}

static void
random_prefix(struct prefix *prefix)
{
	unsigned most;

	random_addr(&prefix->addr);
	most = prefix->addr.family == ADDR_IPV4 ? 32 : 128;
	prefix->length = (uint8_t)(random_below(8) == 0 ? most :
	    random_below(most + 1));
	for (unsigned bit = prefix->length; bit < most; bit++)
		prefix->addr.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

#endif
